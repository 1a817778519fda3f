# The page in a container:
#   docker build -t smallimg . && docker run --init -p 7860:7860 -v smallimg:/home/smallimg smallimg
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
# Past any proxy that the container is given.
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import http.client as web; page = web.HTTPConnection('127.0.0.1', 7860, timeout=4); page.request('GET', '/healthz'); exit(page.getresponse().status != 200)"]
# What Python ends at by itself; the first process of a container hears no other.
STOPSIGNAL SIGINT
CMD ["python", "app.py"]
