import type { Database } from './database.ts'
import { newId } from './id.ts'

/** Who does something. Every row names one. */
export interface Actor { organisationId: string, organisationName: string, userId: string, userName: string }

/** The one organisation and its owner, made at the first start. */
export async function ensureOwner(db: Database): Promise<Actor> {
  return await findOwner(db) ?? await createOwner(db)
}

async function findOwner(db: Database): Promise<Actor | null> {
  const [row] = await db.read({
    sql: `SELECT o."id" AS "organisationId", o."name" AS "organisationName", u."id" AS "userId", u."name" AS "userName"
      FROM organisations AS o JOIN users AS u ON u."id" = o."createdById" ORDER BY o."createdAt", o."id" LIMIT 1`,
    params: [],
  })
  return row ? row as unknown as Actor : null // the columns named above
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
