using Paging.Core;
using Paging.Native;

namespace Paging.Samples;

/// <summary>Keeps a copy of a process's memory up to date while it runs: each round copies only the pages that were written.</summary>
/// <remarks>So works the live migration of a virtual machine, and a display that redraws what has changed.</remarks>
public static class DirtyLogSample
{
    private const int PageCountOfAll = 4096, PageBytes = 4096;

    /// <summary>Runs four rounds and compares the copy with the memory.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 64 << 20 });
        UserProcess process = engine.CreateProcess("writer");
        VirtualAddress start = process.Memory.MapAnonymous(PageCountOfAll * PageBytes);
        Mmu memory = process.Memory.Mmu;
        for (uint page = 0; page < PageCountOfAll; page++) memory.Write(start + (page << 12), page);

        byte[] copy = new byte[PageCountOfAll * PageBytes];
        memory.CopyOut(start, copy, out _);    // everything once; from then on only written pages
        using DirtyLog log = process.Memory.OpenDirtyLog();
        Random random = new(7);
        for (int round = 1; round <= 4; round++)
        {
            for (int i = 0; i < 10 * round; i++)
            {
                uint offset = (uint)random.Next(PageCountOfAll / 64) * 64 * PageBytes;
                memory.Write(start + offset + (uint)random.Next(1000) * 4, random.Next());
            }

            int copied = 0;
            foreach (PageNumber page in log.CollectDirty())
            {
                uint offset = page.Address - start;
                memory.CopyOut(page.Address, copy.AsSpan((int)offset, PageBytes), out _);
                copied++;
            }

            output.WriteLine($"round {round}: {copied} of {PageCountOfAll} pages copied");
        }

        byte[] now = new byte[copy.Length];
        memory.CopyOut(start, now, out _);
        output.WriteLine(now.AsSpan().SequenceEqual(copy) ? "the copy is exact" : "THE COPY DIFFERS");
    }
}
