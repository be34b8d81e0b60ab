export interface Form { id: string; title: string; version: number }
