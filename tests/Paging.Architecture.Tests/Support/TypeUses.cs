using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Paging.Architecture.Tests;

/// <summary>The types of its own assembly that a type uses, with the member that uses them.</summary>
internal sealed class TypeUses
{
    private const string OfTheType = "(type)";

    private readonly PEReader _file;
    private readonly MetadataReader _metadata;
    private readonly Collector _collector;
    private readonly Dictionary<string, TypeDefinitionHandle> _byName = new(StringComparer.Ordinal);
    private readonly List<(string Member, TypeDefinitionHandle Type)> _uses = [];

    public TypeUses(PEReader file, MetadataReader metadata)
    {
        (_file, _metadata) = (file, metadata);
        _collector = new();
        foreach (TypeDefinitionHandle type in metadata.TypeDefinitions) _byName.TryAdd(NameOf(type), type);
    }

    /// <summary>True for types written by a compiler or a source generator.</summary>
    public static bool IsGenerated(MetadataReader metadata, TypeDefinition type) =>
        metadata.GetString(type.Name).StartsWith('<')
        || type.GetCustomAttributes().Any(handle =>
            AttributeName(metadata, handle) is "CompilerGeneratedAttribute" or "GeneratedCodeAttribute" or "EmbeddedAttribute");

    public TypeDefinitionHandle OutermostOf(TypeDefinitionHandle type)
    {
        while (true)
        {
            TypeDefinitionHandle outer = _metadata.GetTypeDefinition(type).GetDeclaringType();
            if (outer.IsNil) return type;
            type = outer;
        }
    }

    public string NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        string name = _metadata.GetString(type.Name);
        if (type.IsNested) return $"{NameOf(type.GetDeclaringType())}+{name}";
        return type.Namespace.IsNil ? name : $"{_metadata.GetString(type.Namespace)}.{name}";
    }

    /// <summary>Everything that one type uses; a nested type is asked for by itself.</summary>
    public IReadOnlyList<(string Member, TypeDefinitionHandle Type)> Of(TypeDefinitionHandle handle)
    {
        _uses.Clear();
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        Token(OfTheType, type.BaseType);
        foreach (InterfaceImplementationHandle each in type.GetInterfaceImplementations())
            Token(OfTheType, _metadata.GetInterfaceImplementation(each).Interface);
        Constraints(OfTheType, type.GetGenericParameters());
        Attributes(OfTheType, type.GetCustomAttributes());
        foreach (FieldDefinitionHandle each in type.GetFields()) Field(_metadata.GetFieldDefinition(each));
        foreach (PropertyDefinitionHandle each in type.GetProperties())
            Attributes(_metadata.GetString(_metadata.GetPropertyDefinition(each).Name),
                _metadata.GetPropertyDefinition(each).GetCustomAttributes());
        foreach (EventDefinitionHandle each in type.GetEvents())
            Token(_metadata.GetString(_metadata.GetEventDefinition(each).Name), _metadata.GetEventDefinition(each).Type);
        foreach (MethodDefinitionHandle each in type.GetMethods()) Method(_metadata.GetMethodDefinition(each));
        foreach (MethodImplementationHandle each in type.GetMethodImplementations())
        {
            MethodImplementation implementation = _metadata.GetMethodImplementation(each);
            Token(OfTheType, implementation.MethodDeclaration);
        }

        return [.. _uses];
    }

    private static string AttributeName(MetadataReader metadata, CustomAttributeHandle handle)
    {
        EntityHandle constructor = metadata.GetCustomAttribute(handle).Constructor;
        EntityHandle type = constructor.Kind == HandleKind.MemberReference
            ? metadata.GetMemberReference((MemberReferenceHandle)constructor).Parent
            : metadata.GetMethodDefinition((MethodDefinitionHandle)constructor).GetDeclaringType();
        return type.Kind switch
        {
            HandleKind.TypeReference => metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)type).Name),
            HandleKind.TypeDefinition => metadata.GetString(metadata.GetTypeDefinition((TypeDefinitionHandle)type).Name),
            _ => "",
        };
    }

    private void Field(FieldDefinition field)
    {
        string name = _metadata.GetString(field.Name);
        field.DecodeSignature(_collector, null);
        Collected(name);
        Attributes(name, field.GetCustomAttributes());
    }

    private void Method(MethodDefinition method)
    {
        string name = _metadata.GetString(method.Name);
        method.DecodeSignature(_collector, null);
        Collected(name);
        Constraints(name, method.GetGenericParameters());
        Attributes(name, method.GetCustomAttributes());
        foreach (ParameterHandle each in method.GetParameters()) Attributes(name, _metadata.GetParameter(each).GetCustomAttributes());
        if (method.RelativeVirtualAddress == 0) return;
        MethodBodyBlock body = _file.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_collector, null);
            Collected(name);
        }

        foreach (ExceptionRegion region in body.ExceptionRegions) Token(name, region.CatchType);
        foreach (EntityHandle token in IlTokens.Of(body)) Token(name, token);
    }

    private void Constraints(string member, GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterHandle each in parameters)
        {
            GenericParameter parameter = _metadata.GetGenericParameter(each);
            foreach (GenericParameterConstraintHandle constraint in parameter.GetConstraints())
                Token(member, _metadata.GetGenericParameterConstraint(constraint).Type);
            Attributes(member, parameter.GetCustomAttributes());
        }
    }

    /// <summary>The type of an attribute; and <c>typeof</c> in its arguments, which the assembly keeps as a name.</summary>
    private void Attributes(string member, CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttributeHandle each in attributes)
        {
            CustomAttribute attribute = _metadata.GetCustomAttribute(each);
            Token(member, attribute.Constructor);
            string value = Encoding.UTF8.GetString(_metadata.GetBlobBytes(attribute.Value));
            foreach (string word in value.Split(['\0', ',', '[', ']', '\u0001', '"', ' '], StringSplitOptions.RemoveEmptyEntries))
            {
                // The length byte before a name may look like a letter of it.
                if (_byName.TryGetValue(word, out TypeDefinitionHandle type)
                    || (word.Length > 1 && _byName.TryGetValue(word[1..], out type))) _uses.Add((member, type));
            }
        }
    }

    private void Token(string member, EntityHandle token)
    {
        if (token.IsNil) return;
        switch (token.Kind)
        {
            case HandleKind.TypeDefinition:
                _uses.Add((member, (TypeDefinitionHandle)token));
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)token).DecodeSignature(_collector, null);
                Collected(member);
                break;
            case HandleKind.MethodDefinition:
                _uses.Add((member, _metadata.GetMethodDefinition((MethodDefinitionHandle)token).GetDeclaringType()));
                break;
            case HandleKind.FieldDefinition:
                _uses.Add((member, _metadata.GetFieldDefinition((FieldDefinitionHandle)token).GetDeclaringType()));
                break;
            case HandleKind.MemberReference:
                MemberReference reference = _metadata.GetMemberReference((MemberReferenceHandle)token);
                Token(member, reference.Parent);
                if (reference.GetKind() == MemberReferenceKind.Method) reference.DecodeMethodSignature(_collector, null);
                else reference.DecodeFieldSignature(_collector, null);
                Collected(member);
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)token);
                Token(member, specification.Method);
                specification.DecodeSignature(_collector, null);
                Collected(member);
                break;
            case HandleKind.StandaloneSignature:
                _metadata.GetStandaloneSignature((StandaloneSignatureHandle)token).DecodeMethodSignature(_collector, null);
                Collected(member);
                break;
            default:
                break;    // types of other assemblies; literals
        }
    }

    private void Collected(string member)
    {
        foreach (TypeDefinitionHandle type in _collector.Found) _uses.Add((member, type));
        _collector.Found.Clear();
    }

    /// <summary>Walks a signature and keeps the types that this assembly defines.</summary>
    private sealed class Collector : ISignatureTypeProvider<bool, object?>
    {
        public List<TypeDefinitionHandle> Found { get; } = [];

        public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            Found.Add(handle);
            return true;
        }

        public bool GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle,
            byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => false;

        public bool GetArrayType(bool elementType, ArrayShape shape) => elementType;

        public bool GetByReferenceType(bool elementType) => elementType;

        public bool GetFunctionPointerType(MethodSignature<bool> signature) => false;    // its types were walked before

        public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => genericType;

        public bool GetGenericMethodParameter(object? genericContext, int index) => false;

        public bool GetGenericTypeParameter(object? genericContext, int index) => false;

        public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => unmodifiedType;

        public bool GetPinnedType(bool elementType) => elementType;

        public bool GetPointerType(bool elementType) => elementType;

        public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => false;

        public bool GetSZArrayType(bool elementType) => elementType;
    }
}
