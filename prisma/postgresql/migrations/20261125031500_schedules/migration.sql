-- AlterTable: waits of more than 24 days do not fit the column that was made.
ALTER TABLE "schedules" ADD COLUMN     "mark" TEXT,
ALTER COLUMN "everyMs" SET DATA TYPE BIGINT,
ALTER COLUMN "catchUpWindowMs" SET DATA TYPE BIGINT;

-- CreateIndex
CREATE INDEX "schedule_ticks_scheduleId_outcome_tickAt_idx" ON "schedule_ticks"("scheduleId", "outcome", "tickAt");

-- CreateIndex
CREATE INDEX "runs_scheduleId_status_idx" ON "runs"("scheduleId", "status");
