using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.HostKernel.Files;
using Paging.HostKernel.Interop;

namespace Paging.HostKernel.Puppets;

/// <summary>Gives an open file of the host to a puppet: SCM_RIGHTS over the connection between them.</summary>
/// <remarks>The puppet's recvmsg takes the lowest free descriptor, as open(2) would, and needs no right to any path.</remarks>
internal static class DescriptorPassing
{
    private const int SocketLevel = 1, Rights = 1;
    private const int HostHeaderByteLength = 16, PuppetHeaderByteLength = 12;    // struct cmsghdr, 64 and 32 bits
    private const int ControlByteLength = 32;

    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public unsafe void* Base;
        public nuint ByteLength;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public unsafe void* Name;
        public uint NameByteLength;
        public unsafe Vector* Vectors;
        public nuint VectorCount;
        public unsafe void* Control;
        public nuint ControlByteLength;
        public int Flags;
    }

    /// <summary>Sends the file and lets the process receive it. Returns the new descriptor, or minus the error.</summary>
    internal static int Pass(Puppet puppet, PuppetProcess process, SharedFile file)
    {
        Send(puppet, file.Descriptor);
        int received = Receive(puppet, process, out int descriptor);
        if (received < 0) return received;
        return descriptor >= 0 ? descriptor : -(int)Errno.EMFILE;
    }

    // SAFETY: the message, its vector, payload and control buffer are locals that outlive the call; the lengths are theirs.
    private static unsafe void Send(Puppet puppet, int descriptor)
    {
        byte payload = 0;
        byte* control = stackalloc byte[ControlByteLength];
        *(nuint*)control = HostHeaderByteLength + sizeof(int);
        *(int*)(control + sizeof(nuint)) = SocketLevel;
        *(int*)(control + sizeof(nuint) + sizeof(int)) = Rights;
        *(int*)(control + HostHeaderByteLength) = descriptor;
        Vector vector = new() { Base = &payload, ByteLength = 1 };
        Message message = new()
        {
            Vectors = &vector,
            VectorCount = 1,
            Control = control,
            ControlByteLength = HostHeaderByteLength + sizeof(long),
        };
        if (LibC.Send(puppet.Socket, &message, 0) != 1) throw LibC.Failed("sendmsg");
    }

    // In the puppet: struct msghdr of 32 bits, then one iovec, the payload and the control buffer.
    private static int Receive(Puppet puppet, PuppetProcess process, out int descriptor)
    {
        const int VectorAt = 28, PayloadAt = 40, ControlAt = 48;
        uint scratch = puppet.Block.Layout.Scratch;
        const int ControlLength = PuppetHeaderByteLength + sizeof(int);
        _ = puppet.PutWords(0, 0, scratch + VectorAt, 1, scratch + ControlAt, ControlLength, 0, scratch + PayloadAt, 1);
        Span<byte> received = puppet.Block.Scratch[(ControlAt + PuppetHeaderByteLength)..];
        BinaryPrimitives.WriteInt32LittleEndian(received, -1);
        int result = puppet.Call(process, I386Call.Recvmsg, PuppetLayout.SocketDescriptor, scratch, 0);
        descriptor = BinaryPrimitives.ReadInt32LittleEndian(received);
        return result;
    }
}
