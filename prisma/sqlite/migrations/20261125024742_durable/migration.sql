-- AlterTable
ALTER TABLE "agents" ADD COLUMN "keyConcurrency" INTEGER;
ALTER TABLE "agents" ADD COLUMN "rateMs" INTEGER;
ALTER TABLE "agents" ADD COLUMN "rateRuns" INTEGER;
ALTER TABLE "agents" ADD COLUMN "userConcurrency" INTEGER;

-- CreateTable
CREATE TABLE "schedule_ticks" (
    "scheduleId" TEXT NOT NULL,
    "tickAt" DATETIME NOT NULL,
    "outcome" TEXT NOT NULL,
    "detail" TEXT,
    "runId" TEXT,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("scheduleId", "tickAt"),
    CONSTRAINT "schedule_ticks_scheduleId_fkey" FOREIGN KEY ("scheduleId") REFERENCES "schedules" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "schedules" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organisationId" TEXT NOT NULL,
    "agentId" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "cron" TEXT,
    "everyMs" INTEGER,
    "onceAt" DATETIME,
    "timezone" TEXT NOT NULL,
    "overlap" TEXT NOT NULL,
    "catchUp" TEXT NOT NULL,
    "catchUpWindowMs" INTEGER NOT NULL,
    "task" TEXT NOT NULL,
    "inputs" TEXT NOT NULL,
    "pausedAt" DATETIME,
    "nextTickAt" DATETIME,
    "createdById" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "schedules_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "schedules_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "agents" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "schedules_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "workers" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "slots" INTEGER NOT NULL,
    "busy" INTEGER NOT NULL,
    "isolation" TEXT NOT NULL,
    "isolationBy" TEXT,
    "startedAt" DATETIME NOT NULL,
    "heartbeatAt" DATETIME NOT NULL,
    "drainingAt" DATETIME,
    "stoppedAt" DATETIME
);

-- AlterTable: column by column. To make the table anew would delete what hangs on its rows, and lose its triggers.
ALTER TABLE "runs" ADD COLUMN "concurrencyKey" TEXT;
ALTER TABLE "runs" ADD COLUMN "deadLetteredAt" DATETIME;
ALTER TABLE "runs" ADD COLUMN "failures" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "runs" ADD COLUMN "heldAt" DATETIME;
ALTER TABLE "runs" ADD COLUMN "host" TEXT;
ALTER TABLE "runs" ADD COLUMN "losses" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "runs" ADD COLUMN "recorded" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "runs" ADD COLUMN "recordedAtLoss" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "runs" ADD COLUMN "scheduleId" TEXT;
ALTER TABLE "runs" ADD COLUMN "tickAt" DATETIME;
ALTER TABLE "runs" ADD COLUMN "waitingFor" TEXT;

-- CreateIndex
CREATE INDEX "runs_agentId_startedAt_idx" ON "runs"("agentId", "startedAt");

-- CreateIndex
CREATE INDEX "runs_organisationId_concurrencyKey_status_idx" ON "runs"("organisationId", "concurrencyKey", "status");

-- CreateIndex
CREATE INDEX "runs_status_availableAt_idx" ON "runs"("status", "availableAt");

-- CreateIndex
CREATE INDEX "runs_scheduleId_createdAt_idx" ON "runs"("scheduleId", "createdAt" DESC);

-- CreateIndex
CREATE INDEX "schedules_nextTickAt_idx" ON "schedules"("nextTickAt");

-- CreateIndex
CREATE INDEX "schedules_organisationId_agentId_idx" ON "schedules"("organisationId", "agentId");

-- CreateIndex
CREATE INDEX "workers_heartbeatAt_idx" ON "workers"("heartbeatAt");
