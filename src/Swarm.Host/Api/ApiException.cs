using Microsoft.AspNetCore.Http;

namespace Swarm.Host.Api;

/// <summary>A request that is not carried out, for a reason its sender can act on: becomes the answer's problem document. The message is a whole sentence.</summary>
internal sealed class ApiException(int status, string title, string detail) : Exception(detail)
{
    /// <summary>The answer's status.</summary>
    public int Status { get; } = status;

    /// <summary>The kind of problem in words.</summary>
    public string Title { get; } = title;

    /// <summary>How long to wait before asking again; null: that does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What was sent makes no sense.</summary>
    public static ApiException BadRequest(string detail) => new(StatusCodes.Status400BadRequest, "The request is wrong", detail);

    /// <summary>What was asked for is not there.</summary>
    public static ApiException NotFound(string detail) => new(StatusCodes.Status404NotFound, "Not found", detail);

    /// <summary>Not allowed, whoever asks.</summary>
    public static ApiException Forbidden(string detail) => new(StatusCodes.Status403Forbidden, "Forbidden", detail);

    /// <summary>It cannot be done as things stand.</summary>
    public static ApiException Conflict(string detail) => new(StatusCodes.Status409Conflict, "It cannot be done now", detail);

    /// <summary>Who would have to do it does not answer now.</summary>
    public static ApiException Unavailable(string detail) => new(StatusCodes.Status503ServiceUnavailable, "It cannot be asked now", detail);

    /// <summary>The node does not say whether it was done.</summary>
    public static ApiException Unanswered(string detail) => new(StatusCodes.Status504GatewayTimeout, "No answer in time", detail);

    /// <summary>Another server did not do its part.</summary>
    public static ApiException BadGateway(string detail) => new(StatusCodes.Status502BadGateway, "Another server failed", detail);

    /// <summary>There is too much of it.</summary>
    public static ApiException TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, "Too large", detail);
}
