/** An answer is text and tool calls: what is larger is a broken or hostile endpoint, and would fill the memory. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** fetch that errors the body once more than MAX_ANSWER_BYTES have come. */
export const boundedFetch: typeof globalThis.fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (!response.body)
    return response
  let bytes = 0
  const bounded = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes > MAX_ANSWER_BYTES)
        controller.error(new Error(`the answer is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`))
      else
        controller.enqueue(chunk)
    },
  }))
  return new Response(bounded, { status: response.status, statusText: response.statusText, headers: response.headers })
}
