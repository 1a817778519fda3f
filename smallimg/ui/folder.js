// A folder dropped on, or chosen for, a tab becomes a zip in the browser: an upload alone would lose which
// file lay in which folder, and there the classes are. The zip is stored, not packed: pictures do not get smaller.
(() => {
  const MOST_FILES = 20_000, MOST_BYTES = 200_000_000  /* what the server takes in one upload */;
  const WANTED = /\.(jpe?g?|jfif|mpo|a?png|webp|gif|bmp|dib|tiff?|avifs?|hei[cf]s?|hif|csv|tsv|json|txt|xml|ya?ml)$/i;
  // Where a zip is dropped, the input that takes a folder, and where it is told how that goes.
  const PLACES = [
    { field: "#dropped-data", input: "folder-input", note: "#folder-note" },
    ...["evaluate", "inside", "why"].map((tab) => (
      { field: `#${tab}-dropped`, input: `${tab}-folder-input`, note: `#${tab}-folder-note` }
    )),
  ];
  let place = PLACES[0];  // the one that was used last
  const field = () => document.querySelector(place.field);
  const say = (text) => { const note = document.querySelector(place.note); if (note) note.textContent = text; };
  const dropped_on = (target) => PLACES.find((one) => document.querySelector(one.field)?.contains(target));

  const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n;
  });
  const crc32 = (bytes) => {
    let crc = -1;
    for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
    return ~crc >>> 0;
  };

  // Little-endian fields of 2 or 4 bytes, as the zip format has them.
  const record = (fields) => {
    const view = new DataView(new ArrayBuffer(fields.reduce((sum, [, size]) => sum + size, 0)));
    let at = 0;
    for (const [value, size] of fields) {
      if (size === 2) view.setUint16(at, value, true); else view.setUint32(at, value, true);
      at += size;
    }
    return view;
  };

  const zip = async (files) => {
    const parts = [], directory = [];
    let offset = 0, index = 0;
    const encoder = new TextEncoder();
    for (const { path, file } of files) {
      if (index++ % 50 === 0) say(`Reading ${index} of ${files.length} files …`);
      const name = encoder.encode(path);
      const crc = crc32(new Uint8Array(await file.arrayBuffer()));
      const common = [[20, 2], [0x800, 2], [0, 2], [0, 2], [0x21, 2], [crc, 4], [file.size, 4], [file.size, 4], [name.length, 2], [0, 2]];
      const head = record([[0x04034b50, 4], ...common]);
      parts.push(head, name, file);
      directory.push(record([[0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]]), name);
      offset += head.byteLength + name.length + file.size;
    }
    const size = directory.reduce((sum, part) => sum + part.byteLength, 0);
    const end = record([[0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [offset, 4], [0, 2]]);
    return new Blob([...parts, ...directory, end], { type: "application/zip" });
  };

  const hand_over = async (all, name) => {
    const files = all.filter(({ path }) => WANTED.test(path) && !/(^|\/)[._]/.test(path.replace(/(^|\/)__MACOSX\//, "/._/")));
    const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
    if (!files.length) return say(`“${name}” holds no pictures: choose a folder with pictures in it.`);
    if (files.length > MOST_FILES || bytes > MOST_BYTES) {
      return say(`“${name}” holds ${files.length} files and ${(bytes / 1e6).toFixed(0)} MB; the limits are ${MOST_FILES} files and ${MOST_BYTES / 1e6} MB: choose fewer or smaller pictures.`);
    }
    try {
      const blob = await zip(files);
      const transfer = new DataTransfer();
      transfer.items.add(new File([blob], `${name}.zip`, { type: "application/zip" }));
      say("");
      field().querySelector("button[aria-label='Clear'], button[aria-label='Remove this file']")?.click();
      setTimeout(() => {
        const input = field().querySelector("input[type=file]");
        input.files = transfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }, 100);
    } catch (error) {
      say(`“${name}” could not be read (${error.message}): choose it again.`);
    }
  };

  const read_all = (reader) => new Promise((resolve, reject) => {
    const found = [];
    const next = () => reader.readEntries((some) => some.length ? (found.push(...some), next()) : resolve(found), reject);
    next();
  });
  const walk = async (entry, path = "") => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      return [{ path: path + entry.name, file }];
    }
    const found = [];
    for (const inner of await read_all(entry.createReader())) found.push(...await walk(inner, `${path}${entry.name}/`));
    return found;
  };

  document.addEventListener("dragover", (event) => {
    if (dropped_on(event.target)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const on = dropped_on(event.target);
    if (!on) return;
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.some((entry) => entry.isDirectory)) return;
    event.preventDefault();
    event.stopPropagation();
    place = on;
    say("Reading the folder …");
    Promise.all(entries.map((entry) => walk(entry))).then(
      (found) => hand_over(found.flat(), entries[0].name),
      (error) => say(`The folder could not be read (${error.message}): choose it again.`),
    );
  }, true);

  document.addEventListener("change", (event) => {
    const on = PLACES.find((one) => one.input === event.target.id);
    if (!on) return;
    place = on;
    const files = [...event.target.files].map((file) => ({ path: file.webkitRelativePath, file }));
    const name = files[0]?.path.split("/")[0];
    event.target.value = "";
    if (files.length) hand_over(files, name);
  }, true);
})();
