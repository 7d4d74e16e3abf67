using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>Pages that stay with a process when it goes back (<see cref="Snapshot.KeepsWrittenPages"/>), under both processors.</summary>
public sealed class KeptPagesTests
{
    // mov edi,Data; mov ecx,32; again: add [edi],ecx; add edi,4096; dec ecx; jnz again; inc byte [Code + 2000h]; int 80
    private static readonly byte[] Adds =
    [
        0xBF, 0, 0, 0x50, 0, 0xB9, 32, 0, 0, 0, 0x01, 0x0F, 0x81, 0xC7, 0, 0x10, 0, 0, 0x49, 0x75, 0xF5,
        0xFE, 0x05, 0, 0x20, 0x40, 0, 0xCD, 0x80,
    ];

    /// <summary>A store after the way back is seen by the next one, whatever the processor has cached of the page.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void EachIterationBeginsWithTheBytesOfTheSnapshot(bool isDirect)
    {
        using Machine machine = new(isDirect: isDirect);
        Mmu mmu = machine.Process.Memory.Mmu;
        machine.Load(Adds);
        for (uint i = 0; i < 32; i++) mmu.Write(Machine.Data + (i * 4096), 1000 + i);
        mmu.Write(Machine.Code + 0x2000, (byte)7);
        using Snapshot snapshot = machine.Process.TakeSnapshot();
        snapshot.KeepsWrittenPages = true;
        for (uint iteration = 0; iteration < 30; iteration++)
        {
            machine.Registers.Eip = Machine.Code.Value + (iteration % 7 == 6 ? 21u : 0);    // some iterations write one page only
            long copies = machine.Process.Memory.Faults.Copied;
            Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
            if (iteration is > 2 and < 6) Assert.Equal(0, machine.Process.Memory.Faults.Copied - copies);
            for (uint i = 0; i < 32; i++)
                Assert.Equal(iteration % 7 == 6 ? 1000 + i : 1032u, mmu.Read<uint>(Machine.Data + (i * 4096)));
            Assert.Equal(8, mmu.Read<byte>(Machine.Code + 0x2000));
            Assert.Equal(Errno.None, snapshot.Restore());
            for (uint i = 0; i < 32; i++) Assert.Equal(1000 + i, mmu.Read<uint>(Machine.Data + (i * 4096)));
            Assert.Equal(7, mmu.Read<byte>(Machine.Code + 0x2000));
            Assert.Empty(machine.Engine.Audit().Findings);
        }
    }
}
