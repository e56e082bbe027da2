namespace Swarm.Host.Configuration;

/// <summary>A member that nobody is shown: <c>swarm config show</c> masks it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;
