using System.Text.Json;
using System.Text.Json.Serialization;

namespace Swarm.Api.Contracts;

/// <summary>
/// The JSON of the contracts, without reflection: names begin small, enumerations are words, what is absent is left out, unknown members are passed over so that old and new programs understand each other.
/// </summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.Strict, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TorrentItem))]
[JsonSerializable(typeof(TorrentPage))]
[JsonSerializable(typeof(TorrentDelta))]
[JsonSerializable(typeof(Statistics))]
[JsonSerializable(typeof(AddTorrent))]
[JsonSerializable(typeof(TorrentAdded))]
[JsonSerializable(typeof(TorrentSelection))]
[JsonSerializable(typeof(RemoveTorrents))]
[JsonSerializable(typeof(MoveTorrents))]
[JsonSerializable(typeof(PatchTorrents))]
[JsonSerializable(typeof(TorrentPatch))]
[JsonSerializable(typeof(RenameFile))]
[JsonSerializable(typeof(AddPeers))]
[JsonSerializable(typeof(CommandReport))]
[JsonSerializable(typeof(TorrentView))]
[JsonSerializable(typeof(FileList))]
[JsonSerializable(typeof(PeerList))]
[JsonSerializable(typeof(TrackerList))]
[JsonSerializable(typeof(PieceMap))]
[JsonSerializable(typeof(Explained))]
[JsonSerializable(typeof(NodeView))]
[JsonSerializable(typeof(NodeLimits))]
[JsonSerializable(typeof(DhtView))]
[JsonSerializable(typeof(DhtLookup))]
[JsonSerializable(typeof(ActorList))]
[JsonSerializable(typeof(RestartActor))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(LogLines))]
[JsonSerializable(typeof(LogLevels))]
[JsonSerializable(typeof(LogLevelItem))]
[JsonSerializable(typeof(ConfigView))]
[JsonSerializable(typeof(AutomationPreview))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(PaletteBook))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ApiJson : JsonSerializerContext;
