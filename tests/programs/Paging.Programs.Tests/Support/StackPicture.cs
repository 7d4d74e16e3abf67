using System.Buffers.Binary;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Tests;

/// <summary>The initial stack of a program, read as its libc would, from raw bytes.</summary>
internal sealed record StackPicture(string[] Arguments, string[] Environment, List<(uint Kind, uint Value)> Auxiliary, uint Base,
    byte[] Bytes)
{
    public static StackPicture Of(UserProcess process, in ExecutedProgram program)
    {
        byte[] bytes = new byte[program.StackTop.Value - program.StackPointer.Value];
        Assert.Equal(bytes.Length, process.Memory.Mmu.CopyOut(program.StackPointer, bytes, out _));
        return Of(bytes, program.StackPointer);
    }

    public static StackPicture Of(byte[] bytes, VirtualAddress pointer)
    {
        uint Word(int index) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(index * 4));
        int at = 1;
        List<string> arguments = [], environment = [];
        for (; Word(at) != 0; at++) arguments.Add(StringAt(bytes, Word(at) - pointer.Value));
        Assert.Equal(arguments.Count, (int)Word(0));
        for (at++; Word(at) != 0; at++) environment.Add(StringAt(bytes, Word(at) - pointer.Value));
        List<(uint, uint)> auxiliary = [];
        for (at++; Word(at) != 0; at += 2) auxiliary.Add((Word(at), Word(at + 1)));
        return new([.. arguments], [.. environment], auxiliary, pointer.Value, bytes);
    }

    public uint this[AuxiliaryKind kind] => Auxiliary.Single(pair => pair.Kind == (uint)kind).Value;

    public string StringAt(uint address) => StringAt(Bytes, address - Base);

    private static string StringAt(byte[] bytes, uint at) =>
        Encoding.UTF8.GetString(bytes, (int)at, Array.IndexOf(bytes, (byte)0, (int)at) - (int)at);
}
