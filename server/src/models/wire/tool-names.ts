const MAX_TOOLS = 200
const MAX_NAME_CHARS = 100

/** The names of the tools in a request's `tools`, in every format, found while it is read. */
export function collectToolNames() {
  const names: string[] = []
  let name = ''
  let type = ''

  function add(found: string): void {
    if (found !== '' && names.length < MAX_TOOLS)
      names.push(found.slice(0, MAX_NAME_CHARS))
  }

  return {
    names,
    /** A key of a tool: Gemini's own tools are keys, such as { googleSearch: {} }. */
    key(key: string): void {
      if (!/^(?:type|name|description|input_schema|parameters|strict|function|custom|function_?declarations|cache_control)$/i.test(key))
        type ||= key
    },
    /** `place` below `tools`. */
    see(place: string, value: unknown): void {
      if (typeof value !== 'string')
        return
      if (/^\[\](?:\.function|\.custom)?\.name$/.test(place))
        name = value
      else if (/^\[\]\.function_?declarations\.\[\]\.name$/i.test(place))
        add(value)
      else if (place === '[].type')
        type = value
    },
    /** One that has no name of its own is called by what it is. */
    endTool(): void {
      add(name || (type === 'function' || type === 'custom' ? '' : type))
      name = ''
      type = ''
    },
  }
}
