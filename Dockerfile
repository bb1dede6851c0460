# The control plane: operator and coordinator in one image, told apart by the command. `hack/images/build control-plane`
# bundles them into a folder and builds the image from it, with Docker or buildah; by hand:
#     node hack/bundle.mjs .troupe/images/control-plane control-plane
#     docker build --file Dockerfile .troupe/images/control-plane
# BASE has Node 24 at /nodejs/bin (distroless) or /usr/local/bin (Docker's own).
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
FROM ${BASE}
COPY . /opt/troupe/
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin NODE_ENV=production
USER 65532:65532
ENTRYPOINT ["node"]
CMD ["/opt/troupe/coordinator.js"]
