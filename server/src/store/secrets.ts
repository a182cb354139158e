import type { SecretView } from '../domain/views/system.ts'
import type { Actor } from './actor.ts'
import type { Database } from './database.ts'

/** Sealed values only: who may open them is not the store's concern. */
export interface SealedSecret { name: string, sealed: string }

/** Keeps a secret, or takes the place of the one that has its name. */
export async function saveSecret(db: Database, actor: Actor, { name, sealed }: SealedSecret): Promise<void> {
  const { organisationId, userId } = actor
  const now = new Date()
  const latest = { sealed, updatedById: userId, updatedAt: now }
  await db.ask(prisma => prisma.secret.upsert({
    where: { organisationId_name: { organisationId, name } },
    create: { organisationId, name, createdById: userId, createdAt: now, ...latest },
    update: latest,
  }))
}

/** By name; never a value, sealed or not. */
export async function listSecrets(db: Database, organisationId: string): Promise<SecretView[]> {
  const rows = await db.ask(prisma => prisma.secret.findMany({
    where: { organisationId },
    orderBy: { name: 'asc' },
    select: { name: true, createdAt: true, updatedAt: true, createdBy: { select: { name: true } }, updatedBy: { select: { name: true } } },
  }))
  return rows.map(row => ({
    name: row.name,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy.name,
    updatedAt: row.updatedAt.toISOString(),
    updatedBy: row.updatedBy.name,
  }))
}

export async function listSecretNames(db: Database, organisationId: string): Promise<string[]> {
  const rows = await db.ask(prisma => prisma.secret.findMany({ where: { organisationId }, orderBy: { name: 'asc' }, select: { name: true } }))
  return rows.map(({ name }) => name)
}

/** Of these names; what is not stored is left out. */
export async function readSealedSecrets(db: Database, organisationId: string, names: string[]): Promise<SealedSecret[]> {
  return db.ask(prisma => prisma.secret.findMany({ where: { organisationId, name: { in: names } }, select: { name: true, sealed: true } }))
}

/** False when there was none of that name. */
export async function removeSecret(db: Database, organisationId: string, name: string): Promise<boolean> {
  const { count } = await db.ask(prisma => prisma.secret.deleteMany({ where: { organisationId, name } }))
  return count > 0
}
