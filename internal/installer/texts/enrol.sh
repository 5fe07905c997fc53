# $code_file has the code. The arguments are flags of gatehouse enroll, which reads that file itself: so the
# code is in no argument, variable or output.
PATH=$PATH:/usr/local/bin
if ! command -v gatehouse >/dev/null 2>&1; then
  echo 'the program gatehouse is missing: put it into /usr/local/bin' >&2
  exit 1
fi
if [ -e "$code_file" ] && [ -n "$(find -H "$code_file" \( -perm -040 -o -perm -004 \))" ]; then
  echo 'others may read the file of the code: chmod 600 it, and take another code if they did' >&2
  exit 2
fi
for pause in 5 30 120 0; do # 7: the server cannot be reached or is overloaded
  result=0
  gatehouse enroll --code-file "$code_file" "$@" || result=$?
  [ "$result" -eq 7 ] && [ "$pause" -gt 0 ] || break
  sleep "$pause"
done
case $result in
0 | 9) rm -f -- "$code_file" ;; # it is enrolled, or waits for approval: run this again then
esac
exit "$result"
