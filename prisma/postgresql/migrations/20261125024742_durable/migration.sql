-- AlterTable
ALTER TABLE "agents" ADD COLUMN     "keyConcurrency" INTEGER,
ADD COLUMN     "rateMs" INTEGER,
ADD COLUMN     "rateRuns" INTEGER,
ADD COLUMN     "userConcurrency" INTEGER;

-- AlterTable
ALTER TABLE "runs" ADD COLUMN     "concurrencyKey" TEXT,
ADD COLUMN     "deadLetteredAt" TIMESTAMP(3),
ADD COLUMN     "failures" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "heldAt" TIMESTAMP(3),
ADD COLUMN     "host" TEXT,
ADD COLUMN     "losses" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "recorded" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "recordedAtLoss" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "scheduleId" TEXT,
ADD COLUMN     "tickAt" TIMESTAMP(3),
ADD COLUMN     "waitingFor" TEXT;

-- CreateTable
CREATE TABLE "schedule_ticks" (
    "scheduleId" TEXT NOT NULL,
    "tickAt" TIMESTAMP(3) NOT NULL,
    "outcome" TEXT NOT NULL,
    "detail" TEXT,
    "runId" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "schedule_ticks_pkey" PRIMARY KEY ("scheduleId","tickAt")
);

-- CreateTable
CREATE TABLE "schedules" (
    "id" TEXT NOT NULL,
    "organisationId" TEXT NOT NULL,
    "agentId" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "cron" TEXT,
    "everyMs" INTEGER,
    "onceAt" TIMESTAMP(3),
    "timezone" TEXT NOT NULL,
    "overlap" TEXT NOT NULL,
    "catchUp" TEXT NOT NULL,
    "catchUpWindowMs" INTEGER NOT NULL,
    "task" TEXT NOT NULL,
    "inputs" TEXT NOT NULL,
    "pausedAt" TIMESTAMP(3),
    "nextTickAt" TIMESTAMP(3),
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "schedules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workers" (
    "id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "slots" INTEGER NOT NULL,
    "busy" INTEGER NOT NULL,
    "isolation" TEXT NOT NULL,
    "isolationBy" TEXT,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "heartbeatAt" TIMESTAMP(3) NOT NULL,
    "drainingAt" TIMESTAMP(3),
    "stoppedAt" TIMESTAMP(3),

    CONSTRAINT "workers_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "schedules_nextTickAt_idx" ON "schedules"("nextTickAt");

-- CreateIndex
CREATE INDEX "schedules_organisationId_agentId_idx" ON "schedules"("organisationId", "agentId");

-- CreateIndex
CREATE INDEX "workers_heartbeatAt_idx" ON "workers"("heartbeatAt");

-- CreateIndex
CREATE INDEX "runs_agentId_startedAt_idx" ON "runs"("agentId", "startedAt");

-- CreateIndex
CREATE INDEX "runs_organisationId_concurrencyKey_status_idx" ON "runs"("organisationId", "concurrencyKey", "status");

-- CreateIndex
CREATE INDEX "runs_status_availableAt_idx" ON "runs"("status", "availableAt");

-- CreateIndex
CREATE INDEX "runs_scheduleId_createdAt_idx" ON "runs"("scheduleId", "createdAt" DESC);

-- AddForeignKey
ALTER TABLE "schedule_ticks" ADD CONSTRAINT "schedule_ticks_scheduleId_fkey" FOREIGN KEY ("scheduleId") REFERENCES "schedules"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
