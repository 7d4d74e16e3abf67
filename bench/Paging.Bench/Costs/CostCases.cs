using Paging.Costs.Fitting;

namespace Paging.Bench.Costs;

/// <summary>Loads in a working set: nanoseconds of a load in small and in large pages, on the host and by the ledger.</summary>
/// <param name="Pattern">Their order; its number is that of the family.</param>
/// <param name="Step">The number of the size.</param>
/// <param name="ByteLength">The size.</param>
internal sealed record LoadCase(LoadPattern Pattern, int Step, uint ByteLength)
{
    private const uint Least = 64 << 10;

    public bool IsFitted => FitHalves.IsFitted((int)Pattern, Step);

    public double Small { get; set; } = double.MaxValue;

    public double Large { get; set; } = double.MaxValue;

    public double LedgerSmall { get; set; }

    public double LedgerLarge { get; set; }

    /// <summary>All patterns, from 64 KiB by four.</summary>
    public static LoadCase[] UpTo(uint largest) =>
    [
        .. from pattern in Enum.GetValues<LoadPattern>()
           from step in Enumerable.Range(0, 8)
           where Least << (2 * step) <= largest
           select new LoadCase(pattern, step, Least << (2 * step)),
    ];
}

/// <summary>A piece of the kernel's work: nanoseconds on the host and by the ledger.</summary>
/// <param name="Work">Its kind; its number is that of the family.</param>
/// <param name="Step">The number of the size.</param>
/// <param name="ByteLength">The size.</param>
internal sealed record KernelCase(KernelWork Work, int Step, uint ByteLength)
{
    public bool IsFitted => FitHalves.IsFitted((int)Work, Step);

    public double Host { get; set; }

    public double Ledger { get; set; }

    /// <summary>All kinds of work, and sizes up to the largest.</summary>
    public static KernelCase[] UpTo(uint largest) =>
    [
        .. Enum.GetValues<KernelWork>().SelectMany(work =>
            KernelWorks.SizesOf(work, largest).Select((size, step) => new KernelCase(work, step, size))),
    ];
}
