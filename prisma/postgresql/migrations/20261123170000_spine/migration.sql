-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "agent_versions" (
    "agentId" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "organisationId" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "manifest" TEXT NOT NULL,
    "notices" TEXT NOT NULL,
    "path" TEXT,
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "agent_versions_pkey" PRIMARY KEY ("agentId","version")
);

-- CreateTable
CREATE TABLE "agents" (
    "id" TEXT NOT NULL,
    "organisationId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "concurrency" INTEGER,
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedById" TEXT NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "agents_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attempts" (
    "runId" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "organisationId" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "worker" TEXT NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "endedAt" TIMESTAMP(3),
    "reason" TEXT,
    "detail" TEXT,

    CONSTRAINT "attempts_pkey" PRIMARY KEY ("runId","attempt")
);

-- CreateTable
CREATE TABLE "events" (
    "runId" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "organisationId" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "data" TEXT NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("runId","seq")
);

-- CreateTable
CREATE TABLE "organisations" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "organisations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_tallies" (
    "organisationId" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "shard" INTEGER NOT NULL,
    "runs" INTEGER NOT NULL,

    CONSTRAINT "run_tallies_pkey" PRIMARY KEY ("organisationId","status","shard")
);

-- CreateTable
CREATE TABLE "runs" (
    "id" TEXT NOT NULL,
    "organisationId" TEXT NOT NULL,
    "agentId" TEXT NOT NULL,
    "agentName" TEXT NOT NULL,
    "agentVersion" INTEGER NOT NULL,
    "task" TEXT NOT NULL,
    "inputs" TEXT NOT NULL,
    "limits" TEXT NOT NULL,
    "notices" TEXT NOT NULL,
    "workspaceFrom" TEXT,
    "isolation" TEXT,
    "isolationBy" TEXT,
    "retryOf" TEXT,
    "idempotencyKey" TEXT,
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "status" TEXT NOT NULL,
    "reason" TEXT,
    "detail" TEXT,
    "startedAt" TIMESTAMP(3),
    "endedAt" TIMESTAMP(3),
    "cancelRequestedAt" TIMESTAMP(3),
    "cancelRequestedBy" TEXT,
    "priority" INTEGER NOT NULL,
    "availableAt" TIMESTAMP(3) NOT NULL,
    "attempt" INTEGER NOT NULL,
    "maxAttempts" INTEGER NOT NULL,
    "fence" INTEGER NOT NULL,
    "worker" TEXT,
    "leaseUntil" TIMESTAMP(3),
    "mark" TEXT,
    "lastSeq" INTEGER NOT NULL,
    "lastAppend" TEXT,
    "now" TEXT,
    "steps" INTEGER NOT NULL,
    "outputBytes" BIGINT NOT NULL,
    "tokens" BIGINT NOT NULL,
    "costUsd" DOUBLE PRECISION,

    CONSTRAINT "runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT NOT NULL,
    "organisationId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workspace_files" (
    "runId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "organisationId" TEXT NOT NULL,
    "change" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "sha256" TEXT,
    "worker" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "workspace_files_pkey" PRIMARY KEY ("runId","path")
);

-- CreateIndex
CREATE UNIQUE INDEX "agents_organisationId_name_key" ON "agents"("organisationId", "name");

-- CreateIndex
CREATE INDEX "runs_organisationId_createdAt_id_idx" ON "runs"("organisationId", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "runs_organisationId_status_createdAt_id_idx" ON "runs"("organisationId", "status", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "runs_organisationId_endedAt_idx" ON "runs"("organisationId", "endedAt" DESC);

-- CreateIndex
CREATE INDEX "runs_agentId_createdAt_id_idx" ON "runs"("agentId", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "runs_agentId_status_idx" ON "runs"("agentId", "status");

-- CreateIndex
CREATE INDEX "runs_status_priority_availableAt_id_idx" ON "runs"("status", "priority" DESC, "availableAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "runs_organisationId_idempotencyKey_key" ON "runs"("organisationId", "idempotencyKey");

-- CreateIndex
CREATE INDEX "users_organisationId_idx" ON "users"("organisationId");

-- AddForeignKey
ALTER TABLE "agent_versions" ADD CONSTRAINT "agent_versions_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_versions" ADD CONSTRAINT "agent_versions_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_versions" ADD CONSTRAINT "agent_versions_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agents" ADD CONSTRAINT "agents_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agents" ADD CONSTRAINT "agents_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agents" ADD CONSTRAINT "agents_updatedById_fkey" FOREIGN KEY ("updatedById") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_runId_fkey" FOREIGN KEY ("runId") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "agents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workspace_files" ADD CONSTRAINT "workspace_files_runId_fkey" FOREIGN KEY ("runId") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workspace_files" ADD CONSTRAINT "workspace_files_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Counts kept: how many runs of an organisation stand in each status. Sixteen shards by connection, so that writers do not wait for
-- each other's commits; rows are taken in the order of their keys, so that two writers cannot wait for each other in a circle.
CREATE FUNCTION "tally_runs"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "run_tallies" ("organisationId", "status", "shard", "runs")
    SELECT "organisationId", "status", pg_backend_pid() % 16, sum("change") FROM (
      SELECT NEW."organisationId", NEW."status", 1 WHERE TG_OP <> 'DELETE'
      UNION ALL
      SELECT OLD."organisationId", OLD."status", -1 WHERE TG_OP <> 'INSERT'
    ) AS "changes" ("organisationId", "status", "change")
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT ("organisationId", "status", "shard") DO UPDATE SET "runs" = "run_tallies"."runs" + EXCLUDED."runs";
  RETURN NULL;
END
$$;

CREATE TRIGGER "runs_tally" AFTER INSERT OR DELETE ON "runs" FOR EACH ROW EXECUTE FUNCTION "tally_runs"();
CREATE TRIGGER "runs_tally_update" AFTER UPDATE OF "status" ON "runs" FOR EACH ROW WHEN (OLD."status" <> NEW."status") EXECUTE FUNCTION "tally_runs"();
