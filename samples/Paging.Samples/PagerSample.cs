using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Samples;

/// <summary>Memory whose pages lie in an object store, and come when they are there.</summary>
/// <remarks>A page that the store has at hand is supplied at once. An access to any other returns Pending, and is retried later.</remarks>
public static class PagerSample
{
    /// <summary>Reads six pages, two of them at hand, and writes one back.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ObjectStore store = new(output);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 16 << 20 });
        using Pager pager = engine.Files.CreatePager("store", new(1024), store);
        UserProcess process = engine.CreateProcess("reader");
        VirtualAddress at = process.Memory.MapFile(pager.File, 4 << 20);

        Mmu memory = process.Memory.Mmu;
        for (uint page = 0; page < 6; page++)
        {
            VirtualAddress address = at + (page << 12);
            ulong text;
            while (!memory.TryRead(address, out text, out MemoryFault fault))
            {
                if (fault.Kind != MemoryFaultKind.Pending) throw new PageFaultException(fault);
                Answer(pager, store, output);    // an emulator would run another guest thread meanwhile
            }

            output.WriteLine($"page {page}: {Encoding.ASCII.GetString(BitConverter.GetBytes(text))}");
        }

        memory.Write(at + (3 << 12), 0x21_21_21_21u);
        Check(process.Memory.Synchronize(at, 4 << 20, SyncFlags.Sync));
        output.WriteLine($"stored: {string.Join(", ", store.Written)}");
    }

    private static void Answer(Pager pager, ObjectStore store, TextWriter output)
    {
        while (pager.TryTakeRequest(out FilePage page))
        {
            output.WriteLine($"  fetched {page}");
            Check(pager.Supply(page, store.Fetch(page)));
        }
    }

    private static void Check(Errno error)
    {
        if (error != Errno.None) throw new InvalidOperationException(error.ToString());
    }

    private sealed class ObjectStore(TextWriter output) : IPageSource
    {
        private readonly byte[] _page = new byte[4096];

        public List<FilePage> Written { get; } = [];

        public PageAnswer Request(FilePage page, Span<byte> destination)
        {
            if (page.Value % 3 != 0)
            {
                output.WriteLine($"  {page} is far away");
                return PageAnswer.Later;
            }

            Fetch(page).CopyTo(destination);
            return PageAnswer.Supplied;
        }

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes)
        {
            Written.Add(page);
            return Errno.None;
        }

        public ReadOnlySpan<byte> Fetch(FilePage page)
        {
            _page.AsSpan().Clear();
            Encoding.ASCII.GetBytes($"object{page.Value:d2}", _page);
            return _page;
        }
    }
}
