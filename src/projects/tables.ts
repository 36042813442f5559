import { integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, subjectColumns } from '../platform/tables.ts';

/** 新建、拆除、装修、土方、市政. */
export const PROJECT_KINDS = ['new_build', 'demolition', 'fit_out', 'earthworks', 'municipal'] as const;
export type ProjectKind = (typeof PROJECT_KINDS)[number];

/** Works for which no permit is asked for in some places, and which are cleared the sooner for it. */
export const SMALL_WORKS = ['household', 'emergency'] as const;
export type SmallWorks = (typeof SMALL_WORKS)[number];

/** 工程: works at a site (工地), from which construction waste leaves. One site is of one project. */
export const projects = pgTable(
  'projects',
  {
    ...subjectColumns,
    /** 施工许可证 or 处理方案备案 number. */
    number: text().notNull(),
    name: text().notNull(),
    siteId: uuid().notNull(),
    kind: text().$type<ProjectKind>().notNull(),
    smallWorks: text().$type<SmallWorks>(),
    /** 建设单位. */
    developer: text(),
    /** 施工单位. */
    contractor: text(),
    floorAreaSquareMetres: integer(),
    startsOn: text().notNull(),
    /** First day after the works, as planned. */
    endsOn: text(),
    /** When the demolition, or the works, were over in fact. */
    worksEndedAt: instant(),
    /** When the last of the waste had left (清运完毕). */
    clearedAt: instant(),
  },
  (table) => [unique('projects_number').on(table.number), unique('projects_site').on(table.siteId)],
);
