// The camera: on, off, the other one, and a picture of what it sees.
const video = find(".si-viewfinder video"), noCamera = find(".si-no-camera");
const LONGEST = 640;  // pixels: more than any network here looks at
const camera = { stream: null, facing: "user", starting: null };

const why_no_camera = (error) => {
  if (!navigator.mediaDevices?.getUserMedia) return "This browser gives a page a camera only over https, or on the machine itself: drop pictures into the classes instead.";
  if (error.name === "NotAllowedError") return "The camera was not allowed: allow it beside the page's address, or drop pictures into the classes.";
  if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return "There is no camera here: drop pictures into the classes instead.";
  return "The camera does not answer, perhaps because another program uses it: close that, or drop pictures into the classes.";
};

const show_camera = () => {
  const on = Boolean(camera.stream);
  video.hidden = !on;
  noCamera.hidden = on;
  video.classList.toggle("si-mirror", on && camera.facing === "user");
  find("[data-do='camera-off']").hidden = !on;
  find("[data-do=flip]").hidden = !on || camera.count < 2;
  find(".si-camera").classList.toggle("si-on", on);
};

const camera_off = () => {
  camera.stream?.getTracks().forEach((track) => track.stop());
  camera.stream = video.srcObject = null;
  show_camera();
};

// Whether it is on in the end; a sentence says why where it is not.
const camera_on = () => camera.starting ??= (async () => {
  if (camera.stream) return true;
  try {
    const wanted = { facingMode: { ideal: camera.facing }, width: { ideal: 1280 }, height: { ideal: 720 } };
    camera.stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    video.srcObject = camera.stream;
    camera.stream.getVideoTracks()[0].addEventListener("ended", camera_off);
    const all = await navigator.mediaDevices.enumerateDevices();
    camera.count = all.filter((one) => one.kind === "videoinput").length;
    await video.play();
    show_camera();
    return true;
  } catch (error) {
    camera_off();
    problem(why_no_camera(error));
    return false;
  } finally {
    camera.starting = null;
  }
})();

const flip = async () => {
  camera.facing = camera.facing === "user" ? "environment" : "user";
  camera_off();
  await camera_on();
};

// What it sees now, as a JPEG; null before its first frame.
const frame = () => new Promise((resolve) => {
  if (!camera.stream || !video.videoWidth) return resolve(null);
  const factor = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * factor);
  canvas.height = Math.round(video.videoHeight * factor);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  canvas.toBlob(resolve, "image/jpeg", 0.9);
});

// A camera stays on for nobody: neither behind another tab of this page, nor when this view is gone.
new ResizeObserver(([{ contentRect }]) => { if (!contentRect.width) camera_off(); }).observe(element);
