# What people type. `sh curl.sh http://HOST/api/PROJECT KEY`.
url=$1 key=$2
auth="X-Sentry-Auth: Sentry sentry_version=7, sentry_key=$key, sentry_client=curl/1.0"
curl -s "$url/store/" -H "$auth" -H 'Content-Type: application/json' -d '{"message":"by curl to store","level":"error"}'
curl -s "$url/store/?sentry_key=$key" -d '{"message":"by curl as a form","level":"error"}'
printf '{}\n{"type":"event"}\n{"message":"by curl in an envelope"}\n' | curl -s "$url/envelope/?sentry_key=$key" --data-binary @-
printf '{"message":"by curl, packed"}' | gzip -n | curl -s "$url/store/" -H "$auth" -H 'Content-Encoding: gzip' -H 'Transfer-Encoding: chunked' --data-binary @-
curl -s "$url/cron/nightly/$key/?status=ok&duration=1.5"
printf 'MDMP\223\247not a whole dump' > crash.dmp
curl -s "$url/minidump/?sentry_key=$key" -F 'sentry={"release":"game@1"}' -F upload_file_minidump=@crash.dmp -F gpu=GTX
