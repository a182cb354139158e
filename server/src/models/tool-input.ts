/** Models write broken JSON now and then: then the text stands for itself, the tool refuses it, and the model is told. */
export function parseToolInput(json: string): unknown {
  if (json.trim() === '')
    return {}
  try {
    return JSON.parse(json)
  }
  catch {
    return json
  }
}
