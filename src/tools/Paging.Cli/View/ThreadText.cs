using System.Globalization;
using System.Text;
using Iced.Intel;
using Paging.Core;
using Paging.Guest;
using Paging.Native;
using Paging.Processors;

namespace Paging.Cli.View;

/// <summary>Threads as text: registers, and the next instructions. Reads memory without changing a bit of an entry.</summary>
internal static class ThreadText
{
    private const int ThreadCountMax = 8, InstructionCount = 6, InstructionLengthMax = 15, ColumnWidth = 22;

    /// <summary>A paragraph for each thread, of the first eight.</summary>
    public static string Of(PagingEngine engine, IReadOnlyList<ThreadSnapshot> threads)
    {
        StringBuilder text = new();
        foreach (ThreadSnapshot thread in threads.Take(ThreadCountMax))
        {
            if (text.Length > 0) text.Append('\n');
            Append(text, engine, thread);
        }

        if (threads.Count > ThreadCountMax)
            text.Append(CultureInfo.InvariantCulture, $"\nand {threads.Count - ThreadCountMax} threads more\n");
        return text.ToString();
    }

    /// <summary>Returns the instruction at an address; null if its code is not in memory.</summary>
    public static string? InstructionAt(PagingEngine engine, int processId, VirtualAddress address)
    {
        UserProcess? process = engine.Processes.FirstOrDefault(one => one.Id == processId);
        byte[] code = process is null ? [] : ReadCode(engine, process, address.Value);
        Iced.Intel.Decoder.Create(bitness: 32, code, address.Value).Decode(out Instruction instruction);
        if (instruction.IsInvalid) return null;
        StringOutput words = new();
        new NasmFormatter().Format(instruction, words);
        return words.ToString();
    }

    private static void Append(StringBuilder text, PagingEngine engine, in ThreadSnapshot thread)
    {
        GuestRegisters registers = thread.Registers;
        text.Append(CultureInfo.InvariantCulture, $"process {thread.Process.Id}, thread {thread.Id} ({thread.Name})\n");
        text.Append(CultureInfo.InvariantCulture, $"eax {registers.Eax:x8} ebx {registers.Ebx:x8} ecx {registers.Ecx:x8}\n");
        text.Append(CultureInfo.InvariantCulture, $"edx {registers.Edx:x8} esi {registers.Esi:x8} edi {registers.Edi:x8}\n");
        text.Append(CultureInfo.InvariantCulture, $"esp {registers.Esp:x8} ebp {registers.Ebp:x8} eip {registers.Eip:x8}\n");
        text.Append(CultureInfo.InvariantCulture, $"eflags {registers.Eflags:x8}\n");
        AppendCode(text, ReadCode(engine, thread.Process, registers.Eip), registers.Eip);
    }

    private static void AppendCode(StringBuilder text, byte[] code, uint eip)
    {
        if (code.Length == 0) text.Append("the page of the next instruction is not in memory\n");
        Iced.Intel.Decoder decoder = Iced.Intel.Decoder.Create(bitness: 32, code, eip);
        NasmFormatter formatter = new();
        StringOutput words = new();
        for (int i = 0; i < InstructionCount && decoder.IP < eip + (uint)code.Length; i++)
        {
            decoder.Decode(out Instruction instruction);
            if (instruction.IsInvalid) return;    // or cut off by the end of the page
            formatter.Format(instruction, words);
            string bytes = Convert.ToHexStringLower(code.AsSpan((int)(instruction.IP32 - eip), instruction.Length));
            text.Append(CultureInfo.InvariantCulture, $"{instruction.IP32:x8} {bytes.PadRight(ColumnWidth)} {words.ToStringAndReset()}\n");
        }
    }

    /// <summary>The bytes from an address on, as far as its page and the next one are in memory.</summary>
    private static byte[] ReadCode(PagingEngine engine, UserProcess process, uint address)
    {
        byte[] code = new byte[InstructionCount * InstructionLengthMax];
        int done = 0;
        while (done < code.Length)
        {
            VirtualAddress at = new(address + (uint)done);
            int count = (int)Math.Min((uint)(code.Length - done), VirtualAddress.PageSize - (uint)at.OffsetInPage);
            WalkResult found = Walker.Peek(engine.Ram, engine.Options.Tables, process.Memory.PrepareWalk(), at.Page);
            if (!found.Succeeded || found.Effective.Frame.Value >= engine.Ram.FrameCount.Value) break;
            engine.Ram.Bytes(found.Effective.Frame).Slice(at.OffsetInPage, count).CopyTo(code.AsSpan(done));
            done += count;
        }

        return code[..done];
    }
}
