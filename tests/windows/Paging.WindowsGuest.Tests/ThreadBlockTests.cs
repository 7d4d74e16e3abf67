using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest.Tests;

/// <summary>Each word of a thread's block is at its offset in ntdll's public symbols, and differs from all others.</summary>
/// <remarks>Windows: TEB and NT_TIB (winternl.h, winnt.h).</remarks>
public sealed class ThreadBlockTests : IDisposable
{
    private const uint NoFrame = 0xFFFF_FFFF;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;
    private readonly ThreadBlock _block;

    public ThreadBlockTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("thread");
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualAlloc(default, ThreadBlock.ByteLength,
            AllocationTypes.Reserve | AllocationTypes.Commit, PageProtection.ReadWrite, out VirtualAddress at));
        _block = new(_process, at);
        _block.Begin(0x11, 0x22, new(0x3333_0000), new(new(0x0010_0000), new(0x001F_E000), new(0x0020_0000)));
    }

    public void Dispose()
    {
        _machine.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void ANewThreadsWordsAreInTheirPlacesAndNothingElseIs()
    {
        Dictionary<uint, uint> expected = new()
        {
            [0x000] = NoFrame,
            [0x004] = 0x0020_0000,
            [0x008] = 0x001F_E000,
            [0x018] = _block.Address.Value,
            [0x020] = 0x11,
            [0x024] = 0x22,
            [0x030] = 0x3333_0000,
            [0xE0C] = 0x0010_0000,
        };
        AssertWords(expected);
        _block.Show(new(new(0x0010_0000), new(0x001F_D000), new(0x0020_0000)));
        _block.SetFirstFrame(0x001F_FF00);
        _block.SetLastError(Win32Error.InvalidHandle);
        _block.SetSlot(0, 70);
        _block.SetSlot(ThreadBlock.SlotCount - 1, 71);
        _block.SetStorage(new(0x4444_0000));
        (expected[0x008], expected[0x000], expected[0x034]) = (0x001F_D000, 0x001F_FF00, (uint)Win32Error.InvalidHandle);
        (expected[0xE10], expected[0xE10 + (63 * 4)]) = (70, 71);
        (expected[0x02C], expected[0xFD0]) = (_block.Address.Value + 0xFD0, 0x4444_0000);
        AssertWords(expected);
        Assert.Equal((0x001F_FF00u, (uint)Win32Error.InvalidHandle), (_block.FirstFrame, _block.LastError));
        Assert.Equal((70u, 0u, 71u), (_block.GetSlot(0), _block.GetSlot(1), _block.GetSlot(63)));
        Assert.Equal(_block.Address + 0xFE0, _block.ErrnoPlace);
    }

    private void AssertWords(Dictionary<uint, uint> expected)
    {
        for (uint offset = 0; offset < ThreadBlock.ByteLength; offset += 4)
        {
            Assert.True(_process.Access.TryRead(_block.Address + offset, out uint word, out _));
            Assert.True(expected.GetValueOrDefault(offset) == word, $"{offset:x3} is {word:x8}");
        }
    }
}
