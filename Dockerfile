# Swarm in a container: docker build -t swarm . ; see compose.yaml for how it is run.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN for project in Swarm.Host Swarm.Pbm; do dotnet publish "src/$project" -c Release -p:DebugType=none -o /swarm || exit 1; done && rm -f /swarm/*.xml

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# The one user of the image; its number is what files on a mounted volume belong to.
RUN useradd --system --uid 6881 --home-dir /var/lib/swarm --create-home --shell /usr/sbin/nologin swarm \
 && install -d -o swarm -g swarm /content /etc/swarm
COPY --from=build /swarm /usr/lib/swarm
COPY hocon/node.conf /etc/swarm/swarm.conf
RUN ln -s /usr/lib/swarm/swarm /usr/bin/swarm && ln -s /usr/lib/swarm/pbm /usr/bin/pbm
USER swarm
# Content goes to the volume for it, unless the environment of a container says otherwise.
ENV XDG_DATA_HOME=/var/lib DOTNET_gcServer=0 SWARM__API__CONTENT_ROOTS='["/content"]'
VOLUME ["/var/lib/swarm", "/content"]
EXPOSE 6881/tcp 6881/udp
# The node drains on SIGTERM.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["pbm", "node", "status"]
ENTRYPOINT ["swarm", "serve", "--config", "/etc/swarm/swarm.conf"]
