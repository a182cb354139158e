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
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("agentId", "version"),
    CONSTRAINT "agent_versions_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "agents" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "agent_versions_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "agent_versions_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "agents" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organisationId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "concurrency" INTEGER,
    "createdById" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedById" TEXT NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "agents_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "agents_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "agents_updatedById_fkey" FOREIGN KEY ("updatedById") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "attempts" (
    "runId" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "organisationId" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "worker" TEXT NOT NULL,
    "startedAt" DATETIME NOT NULL,
    "endedAt" DATETIME,
    "reason" TEXT,
    "detail" TEXT,

    PRIMARY KEY ("runId", "attempt"),
    CONSTRAINT "attempts_runId_fkey" FOREIGN KEY ("runId") REFERENCES "runs" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "attempts_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "events" (
    "runId" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "organisationId" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "data" TEXT NOT NULL,

    PRIMARY KEY ("runId", "seq")
);

-- CreateTable
CREATE TABLE "organisations" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "createdById" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "run_tallies" (
    "organisationId" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "shard" INTEGER NOT NULL,
    "runs" INTEGER NOT NULL,

    PRIMARY KEY ("organisationId", "status", "shard")
);

-- CreateTable
CREATE TABLE "runs" (
    "id" TEXT NOT NULL PRIMARY KEY,
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
    "createdAt" DATETIME NOT NULL,
    "status" TEXT NOT NULL,
    "reason" TEXT,
    "detail" TEXT,
    "startedAt" DATETIME,
    "endedAt" DATETIME,
    "cancelRequestedAt" DATETIME,
    "cancelRequestedBy" TEXT,
    "priority" INTEGER NOT NULL,
    "availableAt" DATETIME NOT NULL,
    "attempt" INTEGER NOT NULL,
    "maxAttempts" INTEGER NOT NULL,
    "fence" INTEGER NOT NULL,
    "worker" TEXT,
    "leaseUntil" DATETIME,
    "mark" TEXT,
    "lastSeq" INTEGER NOT NULL,
    "lastAppend" TEXT,
    "now" TEXT,
    "steps" INTEGER NOT NULL,
    "outputBytes" BIGINT NOT NULL,
    "tokens" BIGINT NOT NULL,
    "costUsd" REAL,
    CONSTRAINT "runs_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "runs_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "agents" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "runs_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organisationId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdById" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    CONSTRAINT "users_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
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
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("runId", "path"),
    CONSTRAINT "workspace_files_runId_fkey" FOREIGN KEY ("runId") REFERENCES "runs" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "workspace_files_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
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

-- Counts kept: how many runs of an organisation stand in each status.
CREATE TRIGGER "runs_tally_insert" AFTER INSERT ON "runs" BEGIN
  INSERT INTO "run_tallies" ("organisationId", "status", "shard", "runs") VALUES (NEW."organisationId", NEW."status", 0, 1)
    ON CONFLICT ("organisationId", "status", "shard") DO UPDATE SET "runs" = "runs" + 1;
END;

CREATE TRIGGER "runs_tally_update" AFTER UPDATE OF "status" ON "runs" WHEN OLD."status" <> NEW."status" BEGIN
  UPDATE "run_tallies" SET "runs" = "runs" - 1 WHERE "organisationId" = OLD."organisationId" AND "status" = OLD."status" AND "shard" = 0;
  INSERT INTO "run_tallies" ("organisationId", "status", "shard", "runs") VALUES (NEW."organisationId", NEW."status", 0, 1)
    ON CONFLICT ("organisationId", "status", "shard") DO UPDATE SET "runs" = "runs" + 1;
END;

CREATE TRIGGER "runs_tally_delete" AFTER DELETE ON "runs" BEGIN
  UPDATE "run_tallies" SET "runs" = "runs" - 1 WHERE "organisationId" = OLD."organisationId" AND "status" = OLD."status" AND "shard" = 0;
END;
