/** A Word document from blocks of text, so that an answer can be attached to a report: the few parts that Word asks for. */

const TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const FONT = '<w:rFonts w:ascii="Malgun Gothic" w:hAnsi="Malgun Gothic" w:eastAsia="맑은 고딕"/>';
const SIZES = { heading: 32, text: 22, muted: 18, quote: 22 }; // half points
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g; // in XML 1.0
const PARTS = {
  "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    + `<Override PartName="/word/document.xml" ContentType="${TYPE}.main+xml"/></Types>`,
  "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    + 'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
};

/** The document as a Blob. A block is {kind, runs} with runs {text, bold, mark}, or {rows}: cells of runs. */
export function docxOf(blocks) {
  const body = blocks.map((block) => (block.rows ? table(block.rows) : paragraph(block))).join("");
  const page = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="720" w:footer="720" w:gutter="0"/></w:sectPr>';
  const document = `<w:document xmlns:w="${W}"><w:body>${body}${page}</w:body></w:document>`;
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  return new Blob([zip(Object.entries({ ...PARTS, "word/document.xml": document }).map(([name, text]) => [name, head + text]))], { type: TYPE });
}

const escaped = (text) => text.replace(FORBIDDEN, "").replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function paragraph({ kind, runs }) {
  const border = kind === "quote" ? '<w:pBdr><w:left w:val="single" w:sz="18" w:space="8" w:color="E0B64A"/></w:pBdr>' : "";
  const indent = kind === "quote" ? '<w:ind w:left="240"/>' : "";
  return `<w:p><w:pPr>${border}<w:spacing w:after="${kind === "heading" ? 240 : 120}" w:line="300" w:lineRule="auto"/>${indent}</w:pPr>${runs.map((run) => text(run, kind)).join("")}</w:p>`;
}

function text({ text: words, bold, mark }, kind) {
  const color = kind === "muted" ? '<w:color w:val="546070"/>' : "";
  const size = `<w:sz w:val="${SIZES[kind]}"/>`;
  const shade = mark ? '<w:shd w:val="clear" w:color="auto" w:fill="FFDC7A"/>' : "";
  const style = `<w:rPr>${FONT}${bold || mark || kind === "heading" ? "<w:b/>" : ""}${color}${size}${shade}</w:rPr>`;
  return `<w:r>${style}${words.split("\n").map((line) => `<w:t xml:space="preserve">${escaped(line)}</w:t>`).join("<w:br/>")}</w:r>`;
}

function table(rows) {
  const width = Math.max(...rows.map((row) => row.length));
  const edges = ["top", "left", "bottom", "right", "insideH", "insideV"].map((edge) => `<w:${edge} w:val="single" w:sz="4" w:space="0" w:color="B9C2CD"/>`).join("");
  const cell = (runs) => `<w:tc><w:tcPr><w:tcW w:w="0" w:type="auto"/></w:tcPr>${paragraph({ kind: "text", runs })}</w:tc>`;
  const lines = rows.map((row) => `<w:tr>${[...row, ...Array(width - row.length).fill([])].map(cell).join("")}</w:tr>`).join("");
  return `<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders>${edges}</w:tblBorders></w:tblPr><w:tblGrid>${"<w:gridCol/>".repeat(width)}</w:tblGrid>${lines}</w:tbl>${paragraph({ kind: "muted", runs: [] })}`;
}

/** A zip of [name, text] without compression (PKWARE's APPNOTE 6.3: 4.3.7, 4.3.12, 4.3.16). */
function zip(entries) {
  const files = [];
  const directory = [];
  let offset = 0;
  for (const [name, words] of entries) {
    const [path, data] = [name, words].map((part) => new TextEncoder().encode(part));
    const common = [[20, 2], [0x800, 2], [0, 2], [0, 2], [0x21, 2], [crc32(data), 4], [data.length, 4], [data.length, 4], [path.length, 2], [0, 2]];
    const local = [bytes([[0x04034b50, 4], ...common]), path, data];
    directory.push(bytes([[0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]]), path);
    files.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = bytes([[0x06054b50, 4], [0, 2], [0, 2], [entries.length, 2], [entries.length, 2], [size, 4], [offset, 4], [0, 2]]);
  return new Blob([...files, ...directory, end]);
}

/** Numbers of so many bytes each, the low byte first. */
function bytes(numbers) {
  return new Uint8Array(numbers.flatMap(([value, length]) => Array.from({ length }, (_, place) => Math.floor(value / 256 ** place) % 256)));
}

function crc32(data) {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
