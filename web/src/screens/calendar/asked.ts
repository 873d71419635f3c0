import { words } from "../../words/language.svelte";

/** What the questions say. */
export const asked = words(
  {
    move: "Move which?",
    change: "Change which?",
    delete: "Delete which?",
    partOf: (title: string) => `“${title}” repeats.`,
    this: "Only this one",
    following: "This and all that follow",
    all: "All of them",
    notThis: "Repetition, category and tags belong to the whole series, not to one day of it.",
    taken: "That time is taken",
    dense: "Nobody can tell whether that time is free",
    inTheWay: "In the way",
    andMore: "And more.",
    free: "Free instead",
    anyway: "Save anyway",
  },
  {
    move: "어느 일정을 옮길까요?",
    change: "어느 일정을 바꿀까요?",
    delete: "어느 일정을 삭제할까요?",
    partOf: (title: string) => `“${title}”은(는) 반복 일정입니다.`,
    this: "이 일정만",
    following: "이 일정과 이후 모두",
    all: "전체 반복 일정",
    notThis: "반복, 분류, 태그는 하루가 아니라 반복 일정 전체에 적용됩니다.",
    taken: "다른 일정과 겹칩니다",
    dense: "비어 있는 시간인지 확인할 수 없습니다",
    inTheWay: "겹치는 일정",
    andMore: "그 밖에도 더 있습니다.",
    free: "비어 있는 시간",
    anyway: "그래도 저장",
  },
);
