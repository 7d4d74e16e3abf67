using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;

namespace Paging.Bench.Operations.Files;

/// <summary>The kernel: one thread touches pages, and another one reads the faults from a userfaultfd and copies the pages in.</summary>
internal sealed class KernelPager : Contender
{
    private const int PageBytes = 4096, MessageWords = 4;    // struct uffd_msg

    private readonly HostRegion _region;
    private readonly HostRegion _source = new(PageBytes, hugePages: false);
    private readonly Thread _thread;
    private readonly int _faults;
    private uint _sum;

    // Unsafe: the region and the arguments outlive the calls.
    public unsafe KernelPager(int pages) : base(Role.Kernel, "userfaultfd, another thread's UFFDIO_COPY")
    {
        _region = new((nuint)(pages + 1) * PageBytes, hugePages: false);    // one page more ends the thread
        _source.Fill(EngineWorld.FilledByte);
        _faults = UserfaultCalls.Open(features: 0);
        HostKernel.Check(_faults >= 0, "userfaultfd");
        ulong* register = stackalloc ulong[4] { (ulong)_region.Address, _region.ByteLength, UserfaultCalls.RegisterMissing, 0 };
        HostKernel.Check(UserfaultCalls.Control(_faults, UserfaultCalls.Register, register), "UFFDIO_REGISTER");
        _thread = new(Serve) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>True where the host has the call.</summary>
    public static bool IsAvailable
    {
        get
        {
            if (!HostKernel.CanFork) return false;
            int file = UserfaultCalls.Open(features: 0);
            if (file >= 0) _ = HostCalls.Close(file);
            return file >= 0;
        }
    }

    public override bool NeedsWarmUp => false;

    public override void Prepare(int count)
    {
        _region.Discard();
        _sum = 0;
    }

    // Unsafe: the pages lie in the region. A call, as a thread that waits in managed code would keep the runtime from stopping the other.
    public override unsafe void Run(int count)
    {
        uint word;
        for (nuint page = 0; page < (nuint)count; page++)
        {
            _ = UserfaultCalls.CopyBytes(&word, _region.Address + (page * PageBytes), sizeof(uint));
            _sum += word;
        }
    }

    public override void Verify(int count) =>
        BrokenBenchmarkException.ThrowUnlessEqual("the sum read", unchecked((uint)count * EngineWorld.FilledWord), _sum);

    // Unsafe: the last page of the region.
    protected override unsafe void Dispose(bool disposing)
    {
        byte last;
        _ = UserfaultCalls.CopyBytes(&last, _region.Address + (_region.ByteLength - PageBytes), 1);    // the page that ends the thread
        _thread.Join();
        _ = HostCalls.Close(_faults);
        _region.Dispose();
        _source.Dispose();
        base.Dispose(disposing);
    }

    // Unsafe: the kernel writes one message, and reads the five words of struct uffdio_copy.
    private unsafe void Serve()
    {
        ulong last = (ulong)_region.Address + _region.ByteLength - PageBytes;
        ulong* message = stackalloc ulong[MessageWords];
        ulong* copy = stackalloc ulong[5];
        while (UserfaultCalls.Read(_faults, message, MessageWords * sizeof(ulong)) > 0)
        {
            copy[0] = message[2] & ~(ulong)(PageBytes - 1);    // the address of a page fault
            copy[1] = (ulong)_source.Address;
            copy[2] = PageBytes;
            copy[3] = copy[4] = 0;
            _ = UserfaultCalls.Control(_faults, UserfaultCalls.Copy, copy);
            if (copy[0] == last) return;
        }
    }
}
