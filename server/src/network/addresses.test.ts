import { expect, it } from 'vitest'
import { judgeAddress } from './addresses.ts'

it.each([
  ['127.0.0.1', 'this machine'],
  ['127.255.255.254', 'this machine'],
  ['0.0.0.0', 'this machine'],
  ['0.1.2.3', 'this machine'],
  ['::', 'this machine'],
  ['::1', 'this machine'],
  ['::ffff:127.0.0.1', 'this machine'],
  ['::ffff:7f00:1', 'this machine'],
  ['0:0:0:0:0:ffff:127.0.0.1', 'this machine'],
  ['::ffff:0:127.0.0.1', 'this machine'],
  ['::127.0.0.1', 'this machine'],
  ['64:ff9b::127.0.0.1', 'this machine'],
  ['2002:7f00:1::', 'this machine'],
  ['::ffff:0.0.0.0', 'this machine'],
  ['169.254.169.254', 'link-local'],
  ['64:ff9b::a9fe:a9fe', 'link-local'],
  ['2002:a9fe:a9fe::1', 'link-local'],
  ['fe80::1', 'link-local'],
  ['febf::1', 'link-local'],
  ['fd00:ec2::254', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['::ffff:100.100.100.200', 'metadata'],
  ['224.0.0.1', 'multicast'],
  ['255.255.255.255', 'reserved'],
  ['ff02::1', 'multicast'],
  ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'tunnel'],
  ['64:ff9b:1::1', 'tunnel'],
  ['fe80::1%eth0', 'no address'],
  ['example.com', 'no address'],
])('%s is never reached: %s', (address, what) => {
  expect(judgeAddress(address)).toEqual({ never: expect.stringContaining(what) })
})

it.each(['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '198.18.0.1', 'fc00::1', 'fdff::1', 'fec0::1', '::ffff:10.0.0.1', '64:ff9b::c0a8:101', '2002:a00:1::'])('%s is private', (address) => {
  expect(judgeAddress(address)).toBe('private')
})

it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '192.0.1.1', '2606:4700:4700::1111', '2002:808:808::', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(judgeAddress(address)).toBe('public')
})
