# sentry-cli in all the ways that reach an ingest endpoint. `sh cli.sh PATH-TO-SENTRY-CLI`, with SENTRY_DSN.
cli=$1
$cli send-event --message 'the disk is full' --release shop@1.2.3 --env staging --tag colour:red --level warning --no-environ
$cli send-event --message 'Error: %s' --message-arg 'no room' --user id:42 --extra free:0 --fingerprint disk --no-environ
printf '{"message":"an event from a file","level":"error","platform":"python"}' > event.json
$cli send-event event.json --no-environ
cat > one.envelope <<'END'
{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}
{"type":"event","length":51}
{"message":"an event in an envelope","level":"info"}
END
sed -i 's/"length":51/"length":52/' one.envelope
$cli send-envelope one.envelope
printf '{}\n{"type":"attachment","length":2,"filename":"a.txt"}\nhi\n' > odd.envelope
$cli send-envelope --raw odd.envelope
$cli monitors run nightly -- true
