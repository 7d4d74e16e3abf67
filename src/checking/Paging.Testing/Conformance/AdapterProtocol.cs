namespace Paging.Testing.Conformance;

/// <summary>The words of the line protocol between <c>paging conform</c> and an adapter; docs/CONFORMANCE.md has it whole.</summary>
/// <remarks><code>
///   paging                                adapter
///   paging-conform 1                →
///                                   ←     name my-mmap 0.1
///                                   ←     supports mmap munmap load store     (or: supports all)
///                                   ←     serves many                         (or one, the default: a process for each scenario)
///                                   ←     ready
///   process(layout=…)               →
///                                   ←     0
///   mmap(0x20000000, 0x1000, …)     →
///                                   ←     0x20000000
///   end                             →
///                                   ←     0
/// </code>Any number of lines may be sent before the first answer is read: an adapter answers in order.</remarks>
internal static class AdapterProtocol
{
    public const string Greeting = "paging-conform 1";
    public const string Name = "name ";
    public const string Supports = "supports ";
    public const string SupportsAll = "all";
    public const string Serves = "serves ";
    public const string ServesMany = "many";
    public const string ServesOne = "one";
    public const string Ready = "ready";
    public const string End = "end";
    public const string Unsupported = "unsupported";
    public const string Done = "0";

    /// <summary>The longest answer line in bytes. Longer lines break the protocol.</summary>
    public const int LineLengthMax = 1 << 20;

    /// <summary>The most rows of one block.</summary>
    public const int RowCountMax = 1 << 17;
}
