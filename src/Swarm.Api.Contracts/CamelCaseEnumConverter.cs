using System.Text.Json;
using System.Text.Json.Serialization;

namespace Swarm.Api.Contracts;

/// <summary>An enumeration as its member's name, beginning small; numbers are refused.</summary>
public sealed class CamelCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
