# The page in a container:  docker build -t smallimg . && docker run -p 7860:7860 -v smallimg:/home/smallimg smallimg
# It runs as a user without rights, on files that it cannot change; what it keeps lies in the volume.
FROM python:3.12-slim

RUN useradd --uid 1000 --create-home smallimg
WORKDIR /app

# Before the code, so that a change of it installs nothing again. torch's build for CPUs spares 4.8 GB.
COPY requirements.txt .
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu $(grep -E '^torch(vision)?[<>=]' requirements.txt) \
 && pip install --no-cache-dir -r requirements.txt
COPY app.py ./
COPY assets assets
COPY checkpoints checkpoints
COPY smallimg smallimg
RUN python -m compileall -q smallimg

USER smallimg
ENV SMALLIMG_HOME=/home/smallimg \
    SMALLIMG_PUBLIC=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    MALLOC_ARENA_MAX=2
VOLUME /home/smallimg
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
CMD ["python", "app.py"]
