// A phone as the camera: a code that it scans, and what it has sent. While the dialog is open, and as long as something
// may still be on its way, the server is asked for pictures that this page does not know.
const NEWS_EVERY_MS = 1000, LATE_MS = 10_000;
const phone_dialog = find(".si-phone"), phone = { kind: null, came: 0, until: 0, last: 0 };

const tell_phone = () => {
  const { kind, came } = phone, shut = Math.ceil((phone.until - Date.now()) / 60_000);
  phone_dialog.querySelector("h4").textContent = kind ? `A phone takes pictures of “${kind.name}”` : "";
  phone_dialog.querySelector("[role=status]").textContent = came ? `${plural(came, "picture", "pictures")} came from the phone.` : "Nothing came yet.";
  phone_dialog.querySelector(".si-phone-until").textContent = shut > 0
    ? `The code works for ${shut} more ${shut === 1 ? "minute" : "minutes"}, only for this set, and until “Done” is pressed.`
    : "The code is no longer valid: press “Done”, then “Use a phone” again.";
};
const use_phone = async (kind) => {
  problem("");
  call_if_nameless(kind);
  const answer = await ask("use_phone", () => kind.name ? { set: set.id, class: kind.name, page: location.origin } : null);
  if (!answer) return;
  Object.assign(phone, { kind, came: 0, until: Date.now() + 60_000 * answer.minutes });
  phone_dialog.querySelector(".si-phone-code").innerHTML = answer.code;
  const address = phone_dialog.querySelector(".si-phone-address");
  address.href = address.textContent = answer.address;
  phone_dialog.querySelector(".si-phone-nearby").hidden = !answer.nearby;
  tell_phone();
  if (!phone_dialog.open) phone_dialog.showModal();
};
phone_dialog.addEventListener("close", () => {
  phone.until = Math.min(phone.until, Date.now() + LATE_MS);
  const of = set.id;
  ask("no_phone", () => of ? { set: of } : null);
});
phone_dialog.addEventListener("click", (event) => { if (event.target === phone_dialog) phone_dialog.close(); });

// Pictures are numbered as they come: those with a higher number than all that are known here are a phone's.
const number_of = ({ at }) => Number.parseInt(at.split("/").pop(), 10) || 0;
const look_for_news = async () => {
  if (!set.id || phone.until + LATE_MS < Date.now()) return;
  const of = set.id;
  let after = 0;  // when it is asked, so that what this page has sent meanwhile is known
  const answer = await ask("news", () => {
    after = Math.max(0, ...set.classes.flatMap(({ pictures }) => pictures.map(number_of)), phone.last);
    return of === set.id ? { set: of, after } : null;
  });
  if (!answer || of !== set.id) return;
  const came = [];
  for (const kind of set.classes) {
    for (const { at, small } of answer.classes[kind.name] ?? []) {
      const picture = { at, url: small, tile: null };
      lay(picture, kind);
      came.push(picture);
    }
  }
  phone.last = Math.max(after, ...came.map(number_of));
  phone.came += came.length;
  if (came.length) undoable(`${plural(came.length, "picture", "pictures")} from the phone`, () => bring_out(came));
  if (phone_dialog.open) tell_phone();
};
