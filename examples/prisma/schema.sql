-- As `prisma migrate diff --from-empty --to-schema schema.prisma --script` prints it; Prisma applies migrations to
-- libSQL by hand, because its schema engine speaks to local files only.
CREATE TABLE "Composer" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" TEXT NOT NULL,
    "born" INTEGER NOT NULL
);

CREATE TABLE "Work" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "title" TEXT NOT NULL,
    "composerId" INTEGER NOT NULL,
    CONSTRAINT "Work_composerId_fkey" FOREIGN KEY ("composerId") REFERENCES "Composer" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE UNIQUE INDEX "Composer_name_key" ON "Composer"("name");
