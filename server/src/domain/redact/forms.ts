import { significant } from './significant.ts'

/** Fewer significant characters are never looked for: they stand in ordinary text by chance. */
export const MIN_FORM_CHARACTERS = 8

/**
 * How a value may stand in a text: as it is, in base64 (wherever it begins in what was encoded, with either alphabet), percent-encoded
 * as browsers, forms and careful libraries do it, escaped for JSON (twice, too), a shell or HTML, in hex. Of a value of many lines
 * each long word-like line counts by itself. Significant characters only.
 */
export function formsOf(value: string): string[] {
  const text = value.trim()
  const bytes = new TextEncoder().encode(text)
  const forms = [text, ...linesOf(text), ...base64Forms(bytes), ...percentForms(text, bytes), ...escapedForms(text), ...hexForms(bytes)]
  return [...new Set(forms.map(significant))].filter(form => form.length >= MIN_FORM_CHARACTERS)
}

/** The lines of a key file; headers and JSON have spaces. */
function linesOf(text: string): string[] {
  return text.includes('\n') ? text.split(/\r?\n/).filter(line => /^\S{20,}$/.test(line)) : []
}

/**
 * Three bytes become four characters, so a value looks different by where it begins. Characters that its neighbours have a part in
 * are left off at both ends.
 */
function base64Forms(bytes: Uint8Array): string[] {
  return [0, 1, 2].flatMap((before) => {
    const shifted = new Uint8Array(before + bytes.length)
    shifted.set(bytes, before)
    const own = btoa(latin1Of(shifted)).slice(Math.ceil(before * 8 / 6), Math.floor(shifted.length * 8 / 6))
    return [own, own.replaceAll('+', '-').replaceAll('/', '_'), own.replaceAll('+', '%2B').replaceAll('/', '%2F')]
  })
}

function percentForms(text: string, bytes: Uint8Array): string[] {
  const component = encodeURIComponent(text.toWellFormed())
  const strict = component.replace(/[!'()*]/g, char => percent(char.charCodeAt(0)))
  const upper = [
    component,
    strict,
    component.replaceAll('%2F', '/'),
    encodeURI(text.toWellFormed()),
    ...[component, strict].map(form => form.replaceAll('%20', '+')),
    [...bytes].map(percent).join(''),
  ]
  return upper.flatMap(form => [form, form.replace(/%[\dA-F]{2}/g, code => code.toLowerCase())])
}

function escapedForms(text: string): string[] {
  const json = inJson(text)
  const ascii = json.replace(/[^\0-\x7E]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [
    json,
    inJson(json),
    json.replaceAll('/', '\\/'),
    ascii,
    inJson(ascii),
    text.replaceAll('\'', '\'\\\'\''),
    text.replace(/["$\\`]/g, '\\$&'),
    text.replace(/[&<>"']/g, char => HTML[char]!), // it has all five
  ]
}

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' }

function hexForms(bytes: Uint8Array): string[] {
  const pairs = [...bytes].map(byte => byte.toString(16).padStart(2, '0'))
  return [pairs.join(''), pairs.join(' '), pairs.join(':'), pairs.map(pair => `\\x${pair}`).join('')].flatMap(form => [form, upperHex(form)])
}

function upperHex(form: string): string {
  return form.toUpperCase().replaceAll('\\X', '\\x')
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** One character a byte. */
export function latin1Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return text
}
