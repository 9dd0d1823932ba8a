/** What somebody lets fall on the page: files, and folders with all that is in them. */

const NOBODYS = ["thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"];
const NOBODYS_FOLDERS = ["__macosx", "$recycle.bin", "system volume information"];

/**
 * The files, those in folders too, but for what no person put there. Of two in different folders with one name the second
 * bears its folders' names as well: a name is what an article is known by, and the second would replace the first.
 * To be called while the event is handled: afterwards the entries are gone.
 */
export function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return Promise.resolve([...transfer.files]);
  return filesUnder(entries).then(withOwnNames); // rejects where one cannot be read
}

/** Every file under the entries with its path, in the order of names. */
async function filesUnder(entries, path = []) {
  const found = [];
  for (const entry of entries.filter(isSomebodys).sort((one, other) => one.name.localeCompare(other.name))) {
    if (entry.isDirectory) found.push(...(await filesUnder(await children(entry), [...path, entry.name])));
    else found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path });
  }
  return found;
}

function isSomebodys({ name, isDirectory }) {
  const known = name.toLowerCase();
  return !name.startsWith(".") && !known.startsWith("~$") && !(isDirectory ? NOBODYS_FOLDERS : NOBODYS).includes(known);
}

/** Some browsers give a hundred at a time, and none at the end. */
async function children(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

function withOwnNames(found) {
  const taken = new Set(); // as the service knows them: macOS writes the same letters otherwise
  return found.map(({ file, path }) => {
    const long = [...path, file.name].join(" - ");
    let name = taken.has(file.name.normalize()) ? long : file.name;
    for (let number = 2; taken.has(name.normalize()); number += 1) name = long.replace(/(?=\.[^.]*$|$)/, ` (${number})`);
    taken.add(name.normalize());
    return name === file.name ? file : new File([file], name, { type: file.type });
  });
}

/** The files in the order given, as many at a time as the service takes in one request. */
export function batches(files, { most, bytes }) {
  const all = [];
  let room = 0;
  for (const file of files) {
    room -= file.size;
    if (!all.length || room < 0 || all.at(-1).length === most) {
      all.push([]);
      room = bytes - file.size;
    }
    all.at(-1).push(file);
  }
  return all;
}
