using Paging.Core;
using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Processors.Tests;

/// <summary>The host's own processor goes by the engine's tables, as if it walked them.</summary>
public sealed class DirectExecutionTests
{
    [Fact]
    public void ASystemCallArrivesWithItsArgumentsAndGoesOnBehindIt()
    {
        using Machine machine = new(isDirect: true);
        // mov eax,20; mov ebx,42; int 80; inc ebx; int 80
        ProcessorExit exit = machine.Execute(0xB8, 0x14, 0, 0, 0, 0xBB, 0x2A, 0, 0, 0, 0xCD, 0x80, 0x43, 0xCD, 0x80);
        Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
        Assert.Equal((20u, 42u), (machine.Registers.Eax, machine.Registers.Ebx));
        Assert.Equal(Machine.Code.Value + 12, machine.Registers.Eip);
        machine.Registers.Eax = 7;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        Assert.Equal((7u, 43u), (machine.Registers.Eax, machine.Registers.Ebx));
        Assert.Equal(2, machine.AnyProcessor.Counters.SystemCalls);
    }

    /// <summary>A stub serves one program after the other, and ptrace(2) does not set the identification flag.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void TheIdentificationFlagIsTheProgramsOwn(bool isDirect)
    {
        const uint identification = 1 << 21;
        using Machine machine = new(isDirect: isDirect);
        // mov esp,Data+4096; push 200202; popf; int 80; pushf; pop eax; int 80; pushf; pop eax; int 80
        _ = machine.Execute(0xBC, 0, 0x10, 0x50, 0, 0x68, 0x02, 0x02, 0x20, 0, 0x9D, 0xCD, 0x80, 0x9C, 0x58, 0xCD, 0x80, 0x9C, 0x58, 0xCD,
            0x80);
        Assert.Equal(identification, machine.Registers.Eflags & identification);
        machine.Registers.Eflags &= ~identification;    // as in the first registers of the next program
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        Assert.Equal(0u, machine.Registers.Eax & identification);
        machine.Registers.Eflags |= identification;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        Assert.Equal(identification, machine.Registers.Eax & identification);
    }

    [Fact]
    public void EveryPageFaultIsResolvedByTheEngineOnce()
    {
        using Machine machine = new(isDirect: true);
        long before = machine.Engine.Faults.Minor;
        // mov edi,Data; mov ecx,32; loop: add [edi],ecx; add edi,4096; dec ecx; jnz loop; int 80
        ProcessorExit exit = machine.Execute(0xBF, 0, 0, 0x50, 0, 0xB9, 32, 0, 0, 0, 0x01, 0x0F, 0x81, 0xC7, 0, 0x10, 0, 0, 0x49, 0x75,
            0xF5, 0xCD, 0x80);
        Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
        Assert.Equal(32, machine.AnyProcessor.Counters.PageFaults);    // a load that is a store, too, asks for the store
        Assert.Equal(33, machine.Engine.Faults.Minor - before);        // and the host's own, of the code
        for (uint i = 0; i < 32; i++) Assert.Equal(32 - i, machine.Process.Memory.Mmu.Read<uint>(Machine.Data + (i * 4096)));
    }

    [Fact]
    public void APageThatWasNotAccessedIsNotShown()
    {
        using Machine machine = new(isDirect: true);
        for (uint i = 0; i < 8; i++) machine.Process.Memory.Mmu.Write(Machine.Data + (i * 4096), i);
        Assert.Equal(Errno.None, machine.Process.Memory.ClearReferences(ReferenceKind.All));
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xA1, 0, 0x20, 0x50, 0, 0xCD, 0x80).Kind);    // mov eax,[Data + 2 pages]
        Assert.Equal(2u, machine.Registers.Eax);
        for (uint i = 0; i < 8; i++)
        {
            PageNumber page = (Machine.Data + (i * 4096)).Page;
            WalkResult walk = Walker.Peek(machine.Engine.Ram, TableFormat.Classic, machine.Process.Memory.PrepareWalk(), page);
            Assert.Equal(i == 2, walk.Leaf.IsAccessed);
        }
    }

    /// <summary>A page is hidden by the range that the engine names, and by all of them where there are more than are kept.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    public void APageThatIsLostIsNotShown(int changes)
    {
        using Machine machine = new(isDirect: true);
        AddressSpace memory = machine.Process.Memory;
        // mov edi,Data; mov ecx,64; loop: add [edi],ecx; add edi,4096; dec ecx; jnz loop; int 80
        byte[] touch = [0xBF, 0, 0, 0x50, 0, 0xB9, 64, 0, 0, 0, 0x01, 0x0F, 0x81, 0xC7, 0, 0x10, 0, 0, 0x49, 0x75, 0xF5, 0xCD, 0x80];
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(touch).Kind);
        ulong before = memory.Mmu.ShowLosses().Count;
        for (int i = 0; i < changes; i++)
        {
            Assert.Equal(Errno.None, memory.Protect(Machine.Data, 64 * 4096, MemoryProtection.Read));
            Assert.Equal(Errno.None, memory.Protect(Machine.Data, 64 * 4096, MemoryProtection.ReadWrite));
        }

        Assert.Equal(changes > 1, memory.Mmu.ShowLosses().Count - before > LostTranslations.Capacity);
        Assert.Equal(Errno.None, memory.Protect(Machine.Data + (5 * 4096), 4096, MemoryProtection.None));
        Assert.Equal(Errno.None, memory.Unmap(Machine.Data + (9 * 4096), 2 * 4096));
        for (byte page = 4; page < 12; page++)
        {
            bool isThere = page is not (5 or 9 or 10);
            ProcessorExit exit = machine.Execute(0x83, 0x05, 0, (byte)(page << 4), 0x50, 0, 1, 0xCD, 0x80);    // add dword [Data + page],1
            Assert.Equal(isThere ? ProcessorExitKind.SystemCall : ProcessorExitKind.Exception, exit.Kind);
            if (isThere) Assert.Equal(65u - page, memory.Mmu.Read<uint>(Machine.Data + (page * 4096u)));
        }
    }

    public static TheoryData<string, byte[], GuestSignal, ProcessorVector> Wrongs
    {
        get
        {
            TheoryData<string, byte[], GuestSignal, ProcessorVector> wrongs = [];
            foreach (TheoryDataRow<string, byte[], GuestSignal, ProcessorVector> row in ExecutionTests.Wrongs)
            {
                (string what, byte[] code, GuestSignal signal, ProcessorVector vector) = row.Data;
                if (what is not ("sysenter" or "syscall" or "into")) wrongs.Add(what, code, signal, vector);    // see below
            }

            return wrongs;
        }
    }

    [Theory, MemberData(nameof(Wrongs))]
    public void AProgramsMistakeIsTheSignalThatLinuxSends(string what, byte[] code, GuestSignal signal, ProcessorVector vector)
    {
        using Machine machine = new(isDirect: true);
        for (int again = 0; again < 2; again++)
        {
            ProcessorExit exit = machine.Execute(code);
            Assert.True(exit.Kind == ProcessorExitKind.Exception && exit.Vector == vector, $"{what}: {exit}");
            Assert.Equal(signal, exit.Signal);
        }
    }

    [Theory]
    [InlineData(0x34)]    // sysenter: it would return to an address of the host's choice
    [InlineData(0x05)]    // syscall
    public void OtherSystemEntriesReachNoKernel(byte entry)
    {
        using Machine machine = new(isDirect: true);
        ProcessorExit exit = machine.Execute(0xB8, 1, 0, 0, 0, 0xBB, 9, 0, 0, 0, 0x0F, entry);    // exit(9)
        Assert.Equal(ProcessorExitKind.Exception, exit.Kind);
        Assert.True(exit.Signal.Number is 4 or 11, $"{exit}");    // SIGILL; or SIGSEGV, where the host's vDSO would be
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xCD, 0x80).Kind);
    }

    [Fact]
    public void CodeOf64BitsEndsWhereItMeetsTheKernel()
    {
        using Machine machine = new(isDirect: true);
        // jmp far 33:Code+7; mov eax,60; mov edi,9; syscall: exit(9) of x86-64
        ProcessorExit exit = machine.Execute(0xEA, 7, 0, 0x40, 0, 0x33, 0, 0xB8, 60, 0, 0, 0, 0xBF, 9, 0, 0, 0, 0x0F, 0x05);
        Assert.Equal((ProcessorExitKind.Exception, 4), (exit.Kind, exit.Signal.Number));
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xCD, 0x80).Kind);
    }

    /// <summary>The host's kernel serves that page in its page-fault handler, where no tracer is asked.</summary>
    [Theory]
    [InlineData(0x00)]    // gettimeofday
    [InlineData(0x04)]    // time
    [InlineData(0x08)]    // getcpu
    public void CodeOf64BitsGetsNothingOfTheVsyscallPage(byte page)
    {
        using Machine machine = new(isDirect: true);
        machine.Process.Memory.Mmu.Write(Machine.Data, 0x1234_5678u);
        // jmp far 33:Code+7; xor edi,edi; xor esi,esi; mov rax,FFFFFFFFFF600000 + page; call rax; mov [Data],eax; jmp $
        ProcessorExit exit = machine.Execute(0xEA, 7, 0, 0x40, 0, 0x33, 0, 0x31, 0xFF, 0x31, 0xF6, 0x48, 0xC7, 0xC0, 0, page, 0x60, 0xFF,
            0xFF, 0xD0, 0x89, 0x04, 0x25, 0, 0, 0x50, 0, 0xEB, 0xFE);
        Assert.Equal((ProcessorExitKind.Exception, 11), (exit.Kind, exit.Signal.Number));
        Assert.Equal(0x1234_5678u, machine.Process.Memory.Mmu.Read<uint>(Machine.Data));
    }

    [Theory]
    [InlineData(0xA0)]    // the loop of orders
    [InlineData(0xC2)]    // its system call
    public void AJumpIntoTheCodeThatMapsPagesMapsNone(uint offset)
    {
        using Machine machine = new(isDirect: true);
        machine.Load([0x90]);
        machine.Registers.Eip = StubProgram.CodeAt + offset;
        (machine.Registers.Eax, machine.Registers.Ebx, machine.Registers.Ecx) = (91, Machine.Code.Value, 4096);    // munmap
        ProcessorExit exit = machine.AnyProcessor.Run();
        Assert.Equal(ProcessorExitKind.Exception, exit.Kind);
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xCD, 0x80).Kind);
    }

    /// <summary>A program that has found the stub's code cannot map a frame, neither after orders nor after a call.</summary>
    [Theory]
    [InlineData(0xC2)]    // its system call
    [InlineData(0xA0)]    // the loop, with an order in the program's memory
    public void AFarJumpIntoTheCodeThatMapsPagesMapsNone(byte offset)
    {
        const uint order = 0x0050_0100;
        using Machine machine = new(isDirect: true);
        ReadOnlySpan<uint> unmap = [11, Machine.Code.Value, 4096];
        for (int i = 0; i < unmap.Length; i++) machine.Process.Memory.Mmu.Write(new VirtualAddress(order + ((uint)i * 4)), unmap[i]);
        // mov edx,[order]; mov esi,4096; mov edi,Code; jmp far 33:stub: munmap of x86-64
        byte[] jump = [0x8B, 0x15, 0, 1, 0x50, 0, 0xBE, 0, 0x10, 0, 0, 0xBF, 0, 0, 0x40, 0, 0xEA, offset, 0x80, 0xFF, 0xFF, 0x33, 0];
        for (int again = 0; again < 2; again++)
        {
            machine.Load([0xCD, 0x80, .. jump]);    // int 80, so that the second time nothing is ordered before the jump
            if (again == 0) machine.Registers.Eip += 2;
            else Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
            (machine.Registers.Eax, machine.Registers.Ebx) = (11, order);
            ProcessorExit exit = machine.AnyProcessor.Run();
            Assert.Equal((ProcessorExitKind.Exception, 4), (exit.Kind, exit.Signal.Number));
            Assert.StartsWith("00400000-", File.ReadLines($"/proc/{((DirectProcessor)machine.AnyProcessor).StubId}/maps").First(),
                StringComparison.Ordinal);
            machine.Registers.Cs = 0x23;
        }
    }

    [Fact]
    public void AccessesAreCheckedAgainWhenTheTablesHaveChanged()
    {
        using Machine machine = new(isDirect: true);
        byte[] store = [0xA3, 0, 0, 0x50, 0, 0xCD, 0x80];    // mov [Data],eax; int 80
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(store).Kind);
        Assert.Equal(Errno.None, machine.Process.Memory.Protect(Machine.Data, 4096, MemoryProtection.Read));
        ProcessorExit exit = machine.Execute(store);
        Assert.Equal(new(11, 2, Machine.Data), exit.Signal);
        Assert.Equal((uint)(PageFaultErrorCode.User | PageFaultErrorCode.Write | PageFaultErrorCode.Protection), exit.ErrorCode);
        Assert.Equal(Errno.None, machine.Process.Memory.Unmap(Machine.Data, 4096));
        exit = machine.Execute(store);
        Assert.Equal(new(11, 1, Machine.Data), exit.Signal);
        Assert.Equal((uint)(PageFaultErrorCode.User | PageFaultErrorCode.Write), exit.ErrorCode);
    }

    /// <summary>A fork takes the right to write away and nothing else: reads of the parent's pages stop no more than natively.</summary>
    [Fact]
    public void PagesThatLoseARightStayMapped()
    {
        using Machine machine = new(isDirect: true);
        machine.Load([0xA3, 0, 0, 0x50, 0, 0xCD, 0x80, 0xA1, 0, 0, 0x50, 0, 0xCD, 0x80, 0xA3, 0, 0, 0x50, 0, 0xCD, 0x80]);
        machine.Registers.Eax = 7;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);    // mov [Data],eax; int 80
        using UserProcess child = machine.Process.Fork();
        (machine.Registers.Eax, long before) = (0, machine.AnyProcessor.Counters.PageFaults);
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);    // mov eax,[Data]; int 80
        string pages = $"/proc/{((DirectProcessor)machine.AnyProcessor).StubId}/maps";
        Assert.Contains(File.ReadLines(pages), static line => line.StartsWith("00500000-00501000 r--s", StringComparison.Ordinal));
        Assert.Equal((7u, before), (machine.Registers.Eax, machine.AnyProcessor.Counters.PageFaults));
        machine.Registers.Eax = 8;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);    // mov [Data],eax; int 80
        Assert.Equal(before + 1, machine.AnyProcessor.Counters.PageFaults);
        Assert.Equal((8u, 7u), (machine.Process.Memory.Mmu.Read<uint>(Machine.Data), child.Memory.Mmu.Read<uint>(Machine.Data)));
    }

    [Fact]
    public void TheThreadKeepsItsProcessorBetweenRunsThatFollowEachOther()
    {
        using Machine machine = new(isDirect: true);
        DirectProcessor processor = (DirectProcessor)machine.AnyProcessor;
        ulong[] before = Mask();
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xCD, 0x80).Kind);
        Assert.Equal(before, Mask());
        processor.BeginRuns();
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xCD, 0x80).Kind);
        Assert.Equal(1, Mask().Sum(static word => System.Numerics.BitOperations.PopCount(word)));
        for (int i = 0; i < 200; i++) Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xCD, 0x80).Kind);
        processor.EndRuns();
        Assert.Equal(before, Mask());

        static ulong[] Mask()
        {
            ulong[] mask = new ulong[16];
            Assert.Equal(0, TraceApi.GetAffinity(0, 128, ref mask[0]));
            return mask;
        }
    }

    [Fact]
    public void ForkedProcessesSeeTheirOwnMemory()
    {
        using Machine machine = new(isDirect: true);
        machine.Process.Memory.Mmu.Write(Machine.Data, 1u);
        machine.Load([0xFF, 0x05, 0, 0, 0x50, 0, 0xA1, 0, 0, 0x50, 0, 0xCD, 0x80]);    // inc [Data]; mov eax,[Data]; int 80
        using UserProcess child = machine.Process.Fork();
        using GuestContext other = machine.AnyProcessor.CreateContext();
        other.CopyFrom(machine.Context);
        for (uint round = 2; round < 8; round++)
        {
            machine.Registers.Eip = other.Registers.Eip = Machine.Code.Value;
            machine.AnyProcessor.Switch(machine.Process, machine.Context);
            Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
            Assert.Equal(round, machine.Registers.Eax);
            if (round % 2 == 0) continue;
            machine.AnyProcessor.Switch(child, other);
            Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
            Assert.Equal((round / 2) + 1, other.Registers.Eax);
        }
    }

    [Fact]
    public void ASpaceThatIsGoneLeavesItsStubToTheNext()
    {
        using Machine machine = new(isDirect: true);
        for (uint i = 0; i < 40; i++)
        {
            machine.Process.Memory.Mmu.Write(Machine.Data, i);
            machine.Load([0xA1, 0, 0, 0x50, 0, 0xFF, 0x05, 0, 0, 0x50, 0, 0xCD, 0x80]);    // mov eax,[Data]; inc [Data]; int 80
            using UserProcess child = machine.Process.Fork();
            using GuestContext other = machine.AnyProcessor.CreateContext();
            other.Registers.Eip = Machine.Code.Value;
            machine.AnyProcessor.Switch(child, other);
            Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
            Assert.Equal(i, other.Registers.Eax);
        }
    }

    /// <summary>Programs beyond the number of stubs take turns with them: nothing but time is lost.</summary>
    [Fact]
    public void MoreProcessesThanStubsKeepTheirStates()
    {
        const int count = 70;
        using Machine machine = new(isDirect: true);
        // mov eax,[Data]; movd xmm1,eax; int 80; movd ebx,xmm1; mov ecx,[Data]; int 80
        machine.Load([0xA1, 0, 0, 0x50, 0, 0x66, 0x0F, 0x6E, 0xC8, 0xCD, 0x80, 0x66, 0x0F, 0x7E, 0xCB, 0x8B, 0x0D, 0, 0, 0x50, 0,
            0xCD, 0x80]);
        List<(UserProcess Process, GuestContext Context)> tasks = [];
        for (uint i = 0; i < count; i++)
        {
            UserProcess child = machine.Process.Fork();
            child.Memory.Mmu.Write(Machine.Data, i);
            GuestContext context = machine.AnyProcessor.CreateContext();
            context.Registers.Eip = Machine.Code.Value;
            tasks.Add((child, context));
        }

        for (int step = 0; step < 2; step++)
        {
            foreach ((UserProcess process, GuestContext context) in tasks)
            {
                machine.AnyProcessor.Switch(process, context);
                Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
            }
        }

        for (int i = 0; i < count; i++)
        {
            (UserProcess process, GuestContext context) = tasks[i];
            Assert.Equal(((uint)i, (uint)i), (context.Registers.Ebx, context.Registers.Ecx));
            context.Dispose();
            process.Dispose();
        }
    }

    [Fact]
    public void AnotherThreadStopsIt()
    {
        using Machine machine = new(isDirect: true);
        for (uint round = 0; round < 5; round++)
        {
            machine.StopFromAnotherThread(round, 3 * round);
            Assert.Equal(ProcessorExitKind.Stopped, machine.AnyProcessor.RunFor(TimeSpan.FromMilliseconds(1)).Kind);
        }
    }

    [Fact]
    public void EachTaskHasItsOwnFloatingPointAndSegments()
    {
        const TlsFlags usual = TlsFlags.Is32Bit | TlsFlags.LimitInPages | TlsFlags.Useable;
        using Machine machine = new(isDirect: true);
        using GuestContext other = machine.AnyProcessor.CreateContext();
        int entry = machine.Context.FirstTlsEntry;
        (GuestContext Context, uint Word)[] tasks = [(machine.Context, 0x1111), (other, 0x2222)];
        foreach ((GuestContext context, uint word) in tasks)
        {
            machine.Process.Memory.Mmu.Write(Machine.Data + word, word);
            context.SetTls(entry, new(Machine.Data + word, 0xFFFFF, usual));
            context.Registers.Gs = (uint)((entry << 3) | 3);
        }

        // mov eax,gs:[0]; movd xmm0,eax; int 80; movd ebx,xmm0; mov ecx,gs:[0]; int 80
        machine.Load([0x65, 0xA1, 0, 0, 0, 0, 0x66, 0x0F, 0x6E, 0xC0, 0xCD, 0x80, 0x66, 0x0F, 0x7E, 0xC3, 0x65, 0x8B, 0x0D, 0, 0, 0, 0,
            0xCD, 0x80]);
        other.Registers.Eip = Machine.Code.Value;
        for (int step = 0; step < 2; step++)
        {
            foreach ((GuestContext context, _) in tasks)
            {
                machine.AnyProcessor.Switch(machine.Process, context);
                Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
            }
        }

        foreach ((GuestContext context, uint word) in tasks)
            Assert.Equal((word, word, word), (context.Registers.Eax, context.Registers.Ebx, context.Registers.Ecx));
    }

    [Fact]
    public void UnsupportedRequestsThrow()
    {
        RequiredProcessor.Check(isDirect: true);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
        Assert.Throws<ArgumentException>(() => new DirectProcessor(engine));
        using Machine machine = new(isDirect: true);
        Assert.Throws<InvalidOperationException>(() => machine.AnyProcessor.Run(4096));
    }
}
