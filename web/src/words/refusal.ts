// What went wrong, for people. The server says it in English and precisely; where Korean is shown, the refusals that people meet
// have words here, by their stable codes, and the others are shown as the server said them.
import { Postponed, Refused, Unreached } from "../api/problem";
import { language } from "./language.svelte";
import { shared } from "./shared";

const KOREAN: Readonly<Record<string, string>> = {
  "identity.bad_credentials": "이메일 주소나 비밀번호가 맞지 않습니다.",
  "identity.bad_current_password": "현재 비밀번호가 맞지 않습니다.",
  "identity.email_taken": "이미 가입된 이메일 주소입니다. 로그인해 주세요.",
  "identity.throttled": "실패한 시도가 너무 많습니다.",
  "identity.too_many_api_keys": "API 키를 더 만들 수 없습니다. 쓰지 않는 키를 먼저 삭제해 주세요.",
  "identity.version_mismatch": "그사이 다른 곳에서 바뀌었습니다. 다시 불러온 내용을 확인해 주세요.",
  "schedule.version_mismatch": "그사이 다른 곳에서 바뀌었습니다. 다시 불러온 내용을 확인해 주세요.",
  "schedule.conflict": "다른 일정과 시간이 겹칩니다.",
  "schedule.another_running": "이미 진행 중인 일정이 있습니다.",
  "schedule.illegal_transition": "지금 상태에서는 할 수 없습니다. 다른 곳에서 먼저 바뀌었을 수 있습니다.",
  "schedule.running": "진행 중인 일정은 옮기거나 삭제할 수 없습니다. 먼저 멈추거나 완료해 주세요.",
  "task.version_mismatch": "그사이 다른 곳에서 바뀌었습니다. 다시 불러온 내용을 확인해 주세요.",
  "task.cycle": "이 할 일들이 서로를 기다리게 됩니다.",
  "task.blocked": "먼저 끝내야 하는 할 일이 있습니다.",
  "task.open_subtasks": "끝나지 않은 하위 할 일이 있습니다.",
  "task.closed": "이미 완료했거나 보관한 할 일입니다.",
  "task.too_many": "할 일이나 작업 시간이 너무 많습니다. 쓰지 않는 것을 먼저 삭제해 주세요.",
  "category.name_taken": "나란히 있는 분류 가운데 같은 이름이 있습니다.",
  "category.cycle": "분류를 자기 안에 넣을 수 없습니다.",
  "category.too_deep": "분류는 여덟 단계까지 넣을 수 있습니다.",
  "category.too_many": "분류가 너무 많습니다. 쓰지 않는 것을 먼저 삭제해 주세요.",
  "tag.name_taken": "같은 이름의 태그가 이미 있습니다. 하나로 만들려면 합쳐 주세요.",
  "tag.version_mismatch": "그사이 다른 곳에서 바뀌었습니다. 다시 불러온 내용을 확인해 주세요.",
  "category.version_mismatch": "그사이 다른 곳에서 바뀌었습니다. 다시 불러온 내용을 확인해 주세요.",
  "room.not_found": "이 모임은 없거나, 더 이상 이 모임에 있지 않습니다.",
  "room.forbidden": "이 모임에서는 할 수 없는 일입니다.",
  "room.last_owner": "모임에는 관리자가 한 명은 있어야 합니다. 다른 사람을 관리자로 정하거나 모임을 삭제해 주세요.",
  "room.full": "이 모임은 가득 찼습니다.",
  "room.too_many": "모임이 너무 많습니다. 쓰지 않는 모임에서 먼저 나가 주세요.",
  "room.too_many_invitations": "초대가 너무 많습니다. 쓰지 않는 초대를 먼저 취소해 주세요.",
  "room.version_mismatch": "그사이 다른 곳에서 바뀌었습니다. 다시 불러온 내용을 확인해 주세요.",
  "invitation.not_found": "이 초대는 만료되었거나 취소되었습니다. 새 초대를 부탁해 보세요.",
  "room.member_not_found": "이 모임에 없는 사람입니다.",
  "room.item_not_found": "이미 삭제되었거나 이 모임에 없습니다.",
  "room.too_fast": "이 모임에 너무 빠르게 글을 올리고 있습니다.",
  "room.too_many_schedules": "이 모임에 공유된 일정이 너무 많습니다. 먼저 다른 일정의 공유를 끝내 주세요.",
  "room.shared_too_often": "이 일정은 너무 많은 모임에 공유되어 있습니다. 먼저 다른 모임에서 공유를 끝내 주세요.",
  "comment.not_yours": "다른 사람이 쓴 글입니다.",
  "comment.not_found": "이미 삭제된 글입니다.",
  "comment.version_mismatch": "그사이 다른 곳에서 바뀌었습니다. 다시 불러온 내용을 확인해 주세요.",
  "reaction.too_many": "여기에 남길 수 있는 반응을 모두 남겼습니다. 먼저 하나를 취소해 주세요.",
  "reaction.too_many_kinds": "반응의 종류가 너무 많습니다. 이미 있는 반응 가운데 골라 주세요.",
  "product.not_found": "이 상품은 없거나, 다른 사람의 상품입니다.",
  "product.invalid": "상품의 내용이 올바르지 않습니다.",
  "product.too_many": "상품을 더 만들 수 없습니다. 쓰지 않는 상품을 먼저 삭제해 주세요.",
  "product.version_mismatch": "그사이 다른 곳에서 바뀌었습니다. 다시 불러온 내용을 확인해 주세요.",
  "product.out_of_stock": "재고가 없습니다. 재고를 정한 뒤 알려 주세요.",
  "recipient.not_found": "주소록에 없는 사람입니다.",
  "recipient.invalid": "주소록에 적을 내용이 올바르지 않습니다.",
  "recipient.too_many": "주소록이 가득 찼습니다. 쓰지 않는 사람을 먼저 빼 주세요.",
  "recipient.version_mismatch": "그사이 다른 곳에서 바뀌었습니다. 다시 불러온 내용을 확인해 주세요.",
  "subscription.not_found": "이 상품을 신청한 적이 없는 사람입니다.",
  "subscription.declined": "스스로 나간 사람입니다. 본인만 다시 신청할 수 있습니다.",
  "subscription.too_many": "이 상품의 대기 줄이 가득 찼습니다.",
  "subscription.bad_lines": "가져올 수 없는 줄이 있어 아무것도 가져오지 않았습니다.",
  "subscription.too_many_lines": "한 번에 50,000줄까지 가져올 수 있습니다. 파일을 나누어 주세요.",
  "round.not_found": "이 상품에 없는 회차입니다.",
  "round.finished": "이미 끝난 회차입니다. 새 회차를 시작해 주세요.",
  "round.in_progress": "이미 진행 중인 회차입니다.",
  "round.version_mismatch": "그사이 이 회차가 바뀌었거나 다른 회차가 시작되었습니다. 다시 불러온 내용을 확인해 주세요.",
  "round.not_in_progress": "진행 중이 아닌 회차입니다. 다른 곳에서 먼저 멈추었을 수 있습니다.",
  "round.sold_out": "재고가 없습니다. 재고가 생기면 이어서 진행할 수 있습니다.",
  "round.expires_in_the_past": "끝나는 시각이 이미 지났습니다.",
  "demo.not_available": "둘러보기에서는 할 수 없는 일입니다. 계정을 만들면 쓸 수 있습니다.",
  "edge.overloaded": "서버가 매우 바쁩니다.",
  "edge.too_many_at_once": "한꺼번에 너무 많은 요청을 보냈습니다.",
};

/** Where the server's words say what this page does already, or how long to wait, which is said of every refusal that has to wait. */
const ENGLISH: Readonly<Record<string, string>> = {
  "room.too_fast": "You say too much at once in this room.",
  // The page has read it again by then.
  "product.version_mismatch": "It was changed meanwhile. Look again, and repeat it if you still mean it.",
  "round.version_mismatch": "The round has changed meanwhile, or another one has begun. Look again, and repeat it if you still mean it.",
  "recipient.version_mismatch": "It was changed meanwhile. Look again, and repeat it if you still mean it.",
};

/** What is said of single fields has no code of its own; these are the fields that everybody meets. */
const KOREAN_DETAILS: Readonly<Record<string, string>> = {
  "not an e-mail address: write name@example.org, at most 254 bytes": "이메일 주소가 아닙니다. name@example.org처럼 적어 주세요.",
  "not a display name: 1 to 80 characters without line breaks or control characters": "이름은 한 줄로 1자에서 80자까지 적어 주세요.",
  "a password has at least 8 characters; 15 or more are better": "비밀번호는 8자 이상이어야 합니다. 15자 이상이면 더 좋습니다.",
  "a password has at most 128 characters": "비밀번호는 128자까지입니다.",
  "this password is among the first that are tried: choose another": "가장 먼저 시도되는 흔한 비밀번호입니다. 다른 것을 정해 주세요.",
  "a password must not be your name or your e-mail address": "이름이나 이메일 주소는 비밀번호로 쓸 수 없습니다.",
};

/** What the server says of one field. */
export function explainField(detail: string): string {
  return (language.current === "ko" ? KOREAN_DETAILS[detail] : undefined) ?? capitalised(detail);
}

/** A sentence for `error`, whatever was thrown. */
export function explain(error: unknown): string {
  if (error instanceof Refused) {
    const sentence = (language.current === "ko" ? KOREAN : ENGLISH)[error.code] ?? capitalised(error.problem.detail);
    return error.retryAfter === undefined ? sentence : `${sentence} ${shared.wait(error.retryAfter)}`;
  }
  if (error instanceof Postponed) return shared.postponed;
  if (error instanceof Unreached) return shared.unreached;
  return error instanceof Error ? error.message : String(error);
}

// The server's details begin small and have no full stop, as those of other APIs.
function capitalised(detail: string): string {
  const whole = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}
