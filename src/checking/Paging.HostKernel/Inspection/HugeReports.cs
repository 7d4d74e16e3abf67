using System.Text;
using Microsoft.Win32.SafeHandles;
using Paging.HostKernel.Interop;
using Paging.HostKernel.Puppets;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.HostKernel.Inspection;

/// <summary><c>hugemap</c> and <c>tables</c>: the kernel's page tables of a process.</summary>
/// <remarks>
/// Which frames lie in one huge page is told by /proc/PID/pagemap and /proc/kpageflags, which show frame numbers to root alone.
/// </remarks>
internal sealed class HugeReports(Puppet puppet)
{
    private const uint LineByteLength = 1 << 21, PagesEach = 512;
    private const ulong PresentBit = 1UL << 63, SwappedBit = 1UL << 62, FileBit = 1UL << 61, GuardBit = 1UL << 58;
    private const ulong FrameMask = (1UL << 55) - 1;
    private const ulong HugePart = 1UL << 22, ZeroPage = 1UL << 24;    // KPF_THP, KPF_ZERO_PAGE

    private readonly ReportReader _reader = new();
    private readonly ulong[] _entries = new ulong[PagesEach];
    private readonly long _tablesAtStart = CountTables(new ReportReader(), puppet.Find(0)!);

    /// <summary>The page-table pages above those at the start.</summary>
    internal ScriptResult Tables(PuppetProcess process)
    {
        _ = puppet.Call(process, I386Call.Brk);    // a child has the tables of the block once it has run
        return ScriptResult.Number(CountTables(_reader, process) - _tablesAtStart);
    }

    /// <summary>One letter for each line (docs/DIALECT-HUGE.md section 3).</summary>
    internal ScriptResult Map(PuppetProcess process, in ScenarioCall call)
    {
        if (((call.A0 | call.A1) & (LineByteLength - 1)) != 0) return ScriptResult.Unsupported("not a range of lines");
        using SafeFileHandle flags = LibC.Open("/proc/kpageflags", LibC.CloseOnExec, 0);
        if (flags.IsInvalid) return ScriptResult.Unsupported("only root sees /proc/kpageflags");
        StringBuilder letters = new();
        for (long line = call.A0; line < call.A1; line += LineByteLength)
        {
            bool isHuge = PageReports.IsHuge(process, line, LineByteLength);
            Read(process.Report(ProcessReport.Pagemap), line >> VirtualAddress.PageShift, _entries);
            long reserved = puppet.Block.Layout.Reserved - line;    // the block is not of the scenario
            if (reserved < LineByteLength) _entries.AsSpan((int)Math.Max(reserved, 0) >> VirtualAddress.PageShift).Clear();
            letters.Append(LetterOf(flags, isHuge));
        }

        return ScriptResult.Quoted(letters.ToString());
    }

    private char LetterOf(SafeFileHandle flags, bool isHuge)
    {
        bool isOwn = false, isShown = false, isZero = false, areParts = true;
        ulong block = 0;
        for (uint page = 0; page < PagesEach; page++)
        {
            ulong entry = _entries[page], frame = entry & FrameMask;
            if ((entry & PresentBit) == 0)
            {
                bool isSwapped = (entry & (SwappedBit | GuardBit)) == SwappedBit;
                isOwn |= isSwapped;
                areParts &= !isSwapped;
                continue;
            }

            if ((entry & FileBit) != 0 && !(isHuge && (FlagsOf(flags, frame) & ZeroPage) != 0))    // the huge zero page is not anonymous
            {
                isShown = true;
                continue;
            }

            ulong kind = FlagsOf(flags, frame);
            if ((kind & ZeroPage) != 0)
            {
                isZero = true;
                continue;
            }

            areParts &= (kind & HugePart) != 0 && frame % PagesEach == page && (!isOwn || frame / PagesEach == block);
            (isOwn, block) = (true, frame / PagesEach);
        }

        if (isHuge) return isShown ? 'F' : isZero ? 'Z' : 'H';
        return isOwn ? areParts ? 'c' : 's' : isShown ? 'f' : isZero ? 'z' : '.';
    }

    private static ulong FlagsOf(SafeFileHandle flags, ulong frame)
    {
        ulong[] word = new ulong[1];
        Read(flags, (long)frame, word);
        return word[0];
    }

    // SAFETY: the words are pinned during the call, and the kernel gets their length.
    private static unsafe void Read(SafeFileHandle file, long index, ulong[] words)
    {
        fixed (ulong* at = words)
        {
            nint count = LibC.ReadAt((int)file.DangerousGetHandle(), (byte*)at, (nuint)words.Length * sizeof(ulong), index * sizeof(ulong));
            if (count != words.Length * sizeof(ulong)) throw LibC.Failed("reading frame numbers");
        }
    }

    // "VmPTE:\t      44 kB": page tables and directories. Linux: mm_pgtables_bytes
    private static long CountTables(ReportReader reader, PuppetProcess process) =>
        AreaReports.Pages(reader.Read(process.Report(ProcessReport.Status)), "VmPTE:");
}
