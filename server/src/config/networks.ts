import { isIP } from 'node:net'

/** `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`; not the whole of the internet, for a network that is trusted would then be everybody. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0)
    return false
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
