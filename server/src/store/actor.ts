import type { Database } from './database.ts'
import { newId } from './id.ts'

/** Who does something. Every row names one. */
export interface Actor { organisationId: string, organisationName: string, userId: string, userName: string }

/** The one organisation and its owner, made at the first start. */
export async function ensureOwner(db: Database): Promise<Actor> {
  return await findOwner(db) ?? await createOwner(db)
}

async function findOwner(db: Database): Promise<Actor | null> {
  const organisation = await db.ask(prisma => prisma.organisation.findFirst({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] }))
  if (!organisation)
    return null
  const user = await db.ask(prisma => prisma.user.findUniqueOrThrow({ where: { id: organisation.createdById } }))
  return { organisationId: organisation.id, organisationName: organisation.name, userId: user.id, userName: user.name }
}

/** Two servers may start at once: the second one's statements find that there is an organisation and do nothing. */
async function createOwner(db: Database): Promise<Actor> {
  const [organisationId, userId] = [newId(), newId()]
  const { now } = db.sql
  const none = 'NOT EXISTS (SELECT 1 FROM organisations)'
  await db.batch([
    ...db.dialect === 'postgresql' ? [{ sql: 'LOCK TABLE organisations IN SHARE ROW EXCLUSIVE MODE', params: [] }] : [],
    { sql: `INSERT INTO organisations ("id", "name", "createdById", "createdAt") SELECT $1, $2, $3, ${now} WHERE ${none}`, params: [organisationId, 'Personal', userId] },
    { sql: `INSERT INTO users ("id", "organisationId", "name", "createdById", "createdAt") SELECT $1, o."id", $2, $1, ${now} FROM organisations AS o WHERE o."id" = $3`, params: [userId, 'owner', organisationId] },
  ])
  const owner = await findOwner(db)
  if (!owner)
    throw new Error('the first organisation could not be made')
  return owner
}
