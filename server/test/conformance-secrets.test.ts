import { expect, it } from 'vitest'
import { createVault } from '../src/secrets/vault.ts'
import { readSealedSecrets } from '../src/store/secrets.ts'
import { onBothDatabases } from './conformance-harness.ts'

onBothDatabases('secrets', (given) => {
  const vault = (secretKey = 'k'.repeat(43)) => createVault({ db: given.db, secretKey })
  const organisationId = () => given.actor.organisationId
  const VALUE = 'a-value-that-nobody-reads'

  it('a value goes in and is opened by its name; a second one takes its place', async () => {
    expect(await vault().set(given.actor, 'TOKEN', 'the first value')).toEqual({ ok: true })
    const [before] = await vault().list(organisationId())
    await vault().set(given.actor, 'TOKEN', VALUE)
    await vault().set(given.actor, 'ANOTHER', 'ünïcode 😀 and more')
    expect(await vault().open(organisationId(), ['TOKEN', 'ANOTHER'])).toEqual({ ok: true, values: { TOKEN: VALUE, ANOTHER: 'ünïcode 😀 and more' } })
    const list = await vault().list(organisationId())
    expect(list).toEqual([
      { name: 'ANOTHER', createdAt: expect.any(String), createdBy: 'owner', updatedAt: expect.any(String), updatedBy: 'owner' },
      { ...before, updatedAt: list[1]!.updatedAt },
    ])
    expect(list[1]!.updatedAt >= before!.updatedAt).toBe(true)
  })

  it('what lies in the database is not the value', async () => {
    const [row] = await readSealedSecrets(given.db, organisationId(), ['TOKEN'])
    expect(row!.sealed).not.toContain(VALUE)
    expect(Buffer.from(row!.sealed, 'base64').toString('latin1')).not.toContain(VALUE.slice(0, 8))
  })

  it('another key opens nothing, and says which secret and what to do', async () => {
    expect(await vault('x'.repeat(43)).open(organisationId(), ['TOKEN'])).toEqual({ ok: false, problem: expect.stringMatching(/^The secret TOKEN cannot be opened with this AGENTOS_SECRET_KEY.*agentos secret set TOKEN/) })
  })

  it('a sealed value that was moved to another name does not open', async () => {
    const moved = given.db.ask(prisma => prisma.secret.findUniqueOrThrow({ where: { organisationId_name: { organisationId: organisationId(), name: 'TOKEN' } } }))
    const { sealed } = await moved
    await given.db.ask(prisma => prisma.secret.update({ where: { organisationId_name: { organisationId: organisationId(), name: 'ANOTHER' } }, data: { sealed } }))
    expect(await vault().open(organisationId(), ['ANOTHER'])).toMatchObject({ ok: false, problem: expect.stringContaining('ANOTHER') })
  })

  it('another organisation has none of them', async () => {
    expect(await vault().list('somebody else')).toEqual([])
    expect(await vault().open('somebody else', ['TOKEN'])).toMatchObject({ ok: false, problem: expect.stringContaining('agentos secret set TOKEN') })
    expect(await vault().remove('somebody else', 'TOKEN')).toBe(false)
  })

  it('what is removed is gone; to remove it again changes nothing', async () => {
    expect(await vault().remove(organisationId(), 'TOKEN')).toBe(true)
    expect(await vault().remove(organisationId(), 'TOKEN')).toBe(false)
    expect(await vault().names(organisationId())).toEqual(['ANOTHER'])
    expect(await vault().open(organisationId(), ['TOKEN'])).toMatchObject({ ok: false })
    expect(await vault().open(organisationId(), [])).toEqual({ ok: true, values: {} })
  })
})
