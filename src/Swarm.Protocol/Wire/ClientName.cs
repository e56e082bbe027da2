namespace Swarm.Protocol.Wire;
/// <summary>x</summary>
public sealed record ClientName(string Client, string Version) { 
/// <summary>x</summary>
 public static string Clean(string a, int b)=>a; }
