using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Remote;

namespace Paging.Cli;

/// <summary>What <c>--swap</c> says: a size in the host's memory, or the address of servers.</summary>
/// <param name="ByteLength">The size; 0 for servers.</param>
/// <param name="Servers">The servers, or null.</param>
internal sealed record SwapChoice(ulong ByteLength, SwapAddress? Servers)
{
    /// <summary>How many pages the engine reads around one from swap unless it is told otherwise.</summary>
    public const int EngineWindow = 8;

    /// <summary>The option for a command.</summary>
    /// <param name="description">Its explanation.</param>
    /// <param name="windowPages">How many pages the command's engine reads together.</param>
    /// <param name="takesSize">False if only servers make sense.</param>
    public static Option<SwapChoice?> Make(string description, int windowPages, bool takesSize) => new("--swap")
    {
        Description = description,
        HelpName = takesSize ? "SIZE|redis://HOST:PORT" : "redis://HOST:PORT",
        CustomParser = result => Read(result, windowPages, takesSize),
    };

    /// <summary>Makes the store.</summary>
    /// <param name="log">Gets lines about servers that are away.</param>
    /// <exception cref="RemoteException">No server answers.</exception>
    public ISwapStore Open(Action<string> log) => Servers is null
        ? new MemorySwapStore(ByteLength & ~0xFFFUL)
        : new RedisSwapStore(RedisServer.Connect(Servers.Address), Servers, line => log("paging: " + line));

    /// <summary>The choice in words, for a report: <c>64 MiB of</c>, <c>remote</c>.</summary>
    public string Describe() => Servers is null ? $"{ByteLength >> 20} MiB of" : $"{Servers.SlotCount >> 8} MiB of remote";

    /// <summary>The choice without a password.</summary>
    public override string ToString() => Servers?.Address.ToString() ?? ByteLength.ToString();

    private static SwapChoice? Read(ArgumentResult result, int windowPages, bool takesSize)
    {
        string text = result.Tokens[0].Value;
        if (RemoteAddress.IsOne(text))
        {
            if (SwapAddress.TryParse(text, windowPages, out SwapAddress? servers, out string? complaint)) return new(0, servers);
            result.AddError($"--swap: {complaint}");
            return null;
        }

        if (takesSize && ByteSize.TryParse(text, out ulong size)) return size == 0 ? null : new(size, null);
        result.AddError(takesSize
            ? $"--swap is a size such as 16M, or redis://HOST:PORT, not '{text}'" : $"--swap is redis://HOST:PORT, not '{text}'");
        return null;
    }
}
