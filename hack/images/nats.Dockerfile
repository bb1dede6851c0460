# nats-server from nothing but its binary, for tests where no registry can be reached; the chart's default is the
# official image.
FROM scratch
COPY nats-server /nats-server
USER 65532:65532
ENTRYPOINT ["/nats-server"]
