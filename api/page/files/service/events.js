/** Server-sent events of a POST, which the browser's own EventSource cannot make. */

/** Yields {event, data} with `data` parsed as JSON, until the stream ends; raises `problem` where it is torn. */
async function* events(response, problem) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value = "" } = await reader.read().catch((error) => { throw error.name === "AbortError" ? error : problem(); });
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n"); // a line's end may come in two pieces
    rest = blocks.pop();
    for (const block of blocks) {
      const event = parse(block);
      if (event) yield event;
    }
    if (done) return;
  }
}

function parse(block) {
  const fields = { event: "message", data: [] };
  for (const line of block.split("\n")) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "event") fields.event = value;
    if (name === "data") fields.data.push(value);
  }
  return fields.data.length ? { event: fields.event, data: JSON.parse(fields.data.join("\n")) } : null;
}

/** The answer that a stream amounts to. `problem` makes an error of what an `error` event says, or of a torn stream. */
export async function readEvents(response, { onStage, onCited, problem }) {
  const answer = {};
  for await (const { event, data } of events(response, problem)) {
    if (event === "error") throw problem(data);
    if (event === "stage") onStage?.(data);
    else if (event !== "written") Object.assign(answer, data); // which comes with the end too
    if (event === "citations") onCited?.({ ...answer });
    if (event === "done") return answer;
  }
  throw problem();
}
