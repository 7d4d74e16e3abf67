using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Remote;

namespace Paging.Cli;

/// <summary>The value of <c>--swap</c>: a size in the host's memory or in a file, or the address of servers.</summary>
/// <param name="ByteLength">The size; 0 for servers.</param>
/// <param name="Servers">The servers, or null.</param>
/// <param name="File">The file, or null.</param>
internal sealed record SwapChoice(ulong ByteLength, SwapAddress? Servers, string? File)
{
    private const ulong LengthMin = 1 << 20, LengthMax = 4UL << 30;
    private const char BeforeFile = '@';

    /// <summary>The engine's default number of pages read together from swap.</summary>
    public const int EngineWindow = 8;

    /// <summary>The option for a command.</summary>
    /// <param name="description">Its help text.</param>
    /// <param name="windowPages">The number of pages that the command's engine reads together.</param>
    /// <param name="takesSize">False if only servers are accepted.</param>
    public static Option<SwapChoice?> Make(string description, int windowPages, bool takesSize) =>
        CommandOption.Parsed<SwapChoice?>("--swap", takesSize ? "SIZE|SIZE@FILE|redis://HOST:PORT" : "redis://HOST:PORT", description,
            result => Read(result, windowPages, takesSize));

    /// <summary>Makes the store.</summary>
    /// <param name="log">Gets messages about servers that do not answer.</param>
    /// <exception cref="RemoteException">No server answers.</exception>
    /// <exception cref="SwapFileException">The file exists, or cannot be created.</exception>
    public ISwapStore Open(Action<string> log) => this switch
    {
        { Servers: { } servers } =>
            new RedisSwapStore(RedisServer.Connect(servers.Address), servers, line => log("paging: " + line)),
        { File: { } file } => OpenFile(file),
        _ => new MemorySwapStore(ByteLength),
    };

    /// <summary>The choice in words, for a report: <c>64 MiB of</c>, <c>remote</c>.</summary>
    public string Describe() => Servers is null ? $"{ByteLength >> 20} MiB of{(File is null ? "" : " file")}"
        : $"{Servers.SlotCount >> 8} MiB of remote";

    /// <summary>The choice without a password.</summary>
    public override string ToString() => Servers?.Address.ToString() ?? File ?? ByteLength.ToString();

    private FileSwapStore OpenFile(string path)
    {
        try
        {
            return new(path, PageCount.Covering(ByteLength).Value);
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            throw new SwapFileException($"{path}: cannot be made: {UserFiles.ReasonOf(failure, path)}", failure);
        }
    }

    private static SwapChoice? Read(ArgumentResult result, int windowPages, bool takesSize)
    {
        string text = result.Tokens[0].Value;
        SwapChoice? choice = null;
        string? complaint = $"--swap is {(takesSize ? "a size such as 16M, 16M@FILE, or " : "")}redis://HOST:PORT, not '{text}'";
        if (RemoteAddress.IsOne(text))
        {
            if (SwapAddress.TryParse(text, windowPages, out SwapAddress? servers, out complaint)) choice = new(0, servers, null);
            else complaint = "--swap: " + complaint;
        }
        else if (takesSize)
        {
            string[] parts = text.Split(BeforeFile, 2);
            if (ByteSize.TryParse(parts[0], out ulong size) && parts[^1].Length > 0)
            {
                string? file = parts.Length > 1 ? parts[1] : null;
                if (size is >= LengthMin and <= LengthMax) choice = new(size & ~(ulong)VirtualAddress.OffsetMask, null, file);
                else complaint = $"--swap is 1M to 4G, not '{parts[0]}'";
            }
        }

        if (choice is null) result.AddError(complaint!);
        return choice;
    }
}
