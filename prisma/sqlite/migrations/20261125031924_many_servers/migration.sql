-- CreateTable
CREATE TABLE "settings" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "value" TEXT NOT NULL
);

-- AlterTable
ALTER TABLE "workers" ADD COLUMN "executors" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "workers" ADD COLUMN "sandbox" TEXT;
