using System.Runtime.InteropServices;
using Paging.Guest;

namespace Paging.Cli.Fuzz;

//   input ──► run with edges ──► these edges have been checked without an error ──► done
//                           └──► others ──► run again, each byte checked ──► no error: remember the edges
/// <summary>Runs inputs a second time with the memory checker (<c>paging fuzz --check memory</c>), if their edges are new.</summary>
/// <remarks>
/// A checked run takes a hundred times as long, and most inputs take a way that others have taken. So only the first input of each set of
/// edges is checked; how often an edge was taken counts by the same eight classes as for the fuzzer. An error that shows only with other
/// bytes on the same way is missed. Source: SAND (Kong et al. 2025), which decouples sanitizers in the same manner.
/// </remarks>
internal sealed class InputChecks(FuzzTarget target, ReadOnlyMemory<byte> edges)
{
    private readonly HashSet<ulong> _good = [];

    /// <summary>The machine with the checker.</summary>
    public GuestKernel Kernel => target.Kernel;

    /// <summary>Checks the input whose edges were just recorded, unless an input with these edges had no errors.</summary>
    /// <param name="run">Runs a copy of a target, and returns its status.</param>
    /// <returns>True: the program has made an error with its memory.</returns>
    public bool Fails(Func<FuzzTarget, int> run)
    {
        ulong way = WayOf(edges.Span);
        if (_good.Contains(way)) return false;
        long before = Kernel.MemoryErrorCount;
        target.Rewind();
        int status = run(target);
        bool fails = Kernel.MemoryErrorCount != before;
        if (!fails && (status & 0x7F) == 0) _good.Add(way);
        return fails;
    }

    /// <summary>A hash of the edges that were taken, with the class of each count.</summary>
    public static ulong WayOf(ReadOnlySpan<byte> edges)
    {
        const ulong prime = 0x9E37_79B9_7F4A_7C15;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(edges);
        ulong way = 0;
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] == 0) continue;
            for (int at = i * sizeof(ulong); at < (i + 1) * sizeof(ulong); at++)
                way = (ulong.RotateLeft(way, 5) ^ (((ulong)at << 8) | ClassOf(edges[at]))) * prime;
        }

        return way;
    }

    /// <summary>AFL's classes: 0, 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more.</summary>
    private static byte ClassOf(byte count) => count switch
    {
        <= 3 => count,
        < 8 => 4,
        < 16 => 5,
        < 32 => 6,
        < 128 => 7,
        _ => 8,
    };
}
